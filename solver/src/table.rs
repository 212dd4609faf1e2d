//! Numbers by index, where an index that is not there has the default value: the solver's data are dense, and none of its
//! loops may panic.

/// Values by index.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table<T>(Vec<T>);

impl<T: Copy + Default> Table<T> {
    /// So many defaults.
    pub fn new(len: usize) -> Self {
        Self(vec![T::default(); len])
    }

    /// The value at an index.
    #[inline]
    pub fn at(&self, index: usize) -> T {
        self.0.get(index).copied().unwrap_or_default()
    }

    /// Sets the value at an index that is there.
    #[inline]
    pub fn set(&mut self, index: usize, value: T) {
        if let Some(slot) = self.0.get_mut(index) {
            *slot = value;
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// One more.
    pub fn push(&mut self, value: T) {
        self.0.push(value);
    }

    /// Sets all.
    pub fn fill(&mut self, value: T) {
        self.0.fill(value);
    }
}

impl<T> From<Vec<T>> for Table<T> {
    fn from(values: Vec<T>) -> Self {
        Self(values)
    }
}

/// Lists by index.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lists<T>(Vec<Vec<T>>);

impl<T: Copy> Lists<T> {
    /// So many empty lists.
    pub fn new(len: usize) -> Self {
        Self(vec![Vec::new(); len])
    }

    /// The list at an index; an empty one where there is none.
    #[inline]
    pub fn at(&self, index: usize) -> &[T] {
        self.0.get(index).map_or(&[], Vec::as_slice)
    }

    /// One entry of a list.
    #[inline]
    pub fn entry(&self, index: usize, place: usize) -> Option<T> {
        self.0.get(index)?.get(place).copied()
    }

    /// Adds to a list.
    #[inline]
    pub fn push(&mut self, index: usize, value: T) {
        if let Some(list) = self.0.get_mut(index) {
            list.push(value);
        }
    }

    /// Takes the last of a list away.
    #[inline]
    pub fn pop(&mut self, index: usize) {
        if let Some(list) = self.0.get_mut(index) {
            list.pop();
        }
    }

    /// How many lists.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
