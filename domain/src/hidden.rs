//! Secrets show themselves to nobody, also not to a log.

/// Lets types be shown in logs and failed assertions without what they hold: by their names alone.
#[macro_export]
macro_rules! hidden {
    ($($type:ident),+ $(,)?) => {$(
        impl ::std::fmt::Debug for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(…)"))
            }
        }
    )+};
}
