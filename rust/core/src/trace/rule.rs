//! The tracing rules of scope transaction, by name.

/// How traced satoshis pass through a transaction. The fee is always the last position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Each position gets its proportion ("haircut"), by largest remainder.
    ProRata,
    /// The inputs' satoshis laid end to end are the outputs' laid end to end. Source: the order of
    /// satoshis as in ordinal theory; the order of inputs is the wallet's choice.
    IndexFifo,
    /// The same with the inputs' satoshis read from the last to the first.
    IndexLifo,
    /// Traced satoshis fill the outputs from the highest value down ("taint in, highest out"), of
    /// equal ones the lower vout first. Source: Tironsakkul, Maarek, Eross, Just 2019, "Probing the
    /// Mystery of Cryptocurrency Theft".
    Tiho,
    /// Traced satoshis fill the outputs in order of vout.
    DirtyFirst,
    /// The other satoshis fill the outputs in order of vout; traced ones have what is left.
    CleanFirst,
}

impl Rule {
    pub const ALL: [Rule; 6] = [
        Rule::ProRata,
        Rule::IndexFifo,
        Rule::IndexLifo,
        Rule::Tiho,
        Rule::DirtyFirst,
        Rule::CleanFirst,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Rule::ProRata => "pro_rata",
            Rule::IndexFifo => "index_fifo",
            Rule::IndexLifo => "index_lifo",
            Rule::Tiho => "tiho",
            Rule::DirtyFirst => "dirty_first",
            Rule::CleanFirst => "clean_first",
        }
    }

    pub fn from_name(name: &str) -> Option<Rule> {
        Rule::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// Whether the rule can be read from outputs to inputs: not where the way of a satoshi depends
    /// on which others are traced.
    pub fn runs_backward(self) -> bool {
        matches!(self, Rule::ProRata | Rule::IndexFifo | Rule::IndexLifo)
    }
}
