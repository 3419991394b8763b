//! Applications, what they were granted, and their codes and tokens.
