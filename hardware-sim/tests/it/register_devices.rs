//! register_devices
