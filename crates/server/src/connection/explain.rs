//! Refusals in the words of the provider's console.
