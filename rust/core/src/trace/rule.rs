//! The tracing rules of scope transaction, by name.

/// How traced satoshis pass through a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Each position gets its proportion ("haircut"), by largest remainder.
    ProRata,
    /// The inputs' satoshis laid end to end are the outputs' laid end to end. Source: the order of
    /// satoshis as in ordinal theory; the order of inputs is the wallet's choice.
    IndexFifo,
}

impl Rule {
    pub const ALL: [Rule; 2] = [Rule::ProRata, Rule::IndexFifo];

    pub fn name(self) -> &'static str {
        match self {
            Rule::ProRata => "pro_rata",
            Rule::IndexFifo => "index_fifo",
        }
    }

    pub fn from_name(name: &str) -> Option<Rule> {
        Rule::ALL.into_iter().find(|rule| rule.name() == name)
    }
}
