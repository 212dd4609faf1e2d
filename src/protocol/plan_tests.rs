//! Facts of compiled plans.
