//! What was generated, in numbers and as JSON.

use crate::folder::{FileMade, Place};
use crate::parameters::{Parameters, Seeded};
use crate::scripts::Kind;

/// The counts are those that an ingest of the folder finds.
#[derive(Default)]
pub struct Summary {
    /// block files in all
    pub bytes: u64,
    pub blocks: u64,
    pub txs: u64,
    /// coinbases' included
    pub txins: u64,
    pub txouts: u64,
    /// virtual ones included, each once
    pub scripts: u64,
    /// outputs of the chain that are left, without OP_RETURNs, genesis and immature coinbases
    pub unspent: u64,
    pub virtual_coins_spent: u64,
    pub virtual_outputs: u64,
    /// distinct virtual scripts paid
    pub virtual_scripts: u64,
    /// by kind, in the order of `Kind::ALL`; commitments to witnesses are among OP_RETURN
    pub outputs_by_kind: [u64; crate::parameters::KINDS],
    /// spends by age in blocks: 0, 1, 2-3, 4-7, ...; of virtual coins none
    pub spent_by_octave: [u64; 24],
    pub files: Vec<FileMade>,
    /// Height and place of the first of the last 144 blocks: files cut there hold the chain a day before.
    pub last_day: (u32, Place),
}

impl Summary {
    /// One line of JSON without closing brace, so that a caller adds what it measured.
    pub fn json(&self, parameters: &Parameters) -> String {
        let kinds: Vec<String> = Kind::ALL
            .iter()
            .zip(self.outputs_by_kind)
            .map(|((_, name), count)| format!("\"{name}\": {count}"))
            .collect();
        let files: Vec<String> = self
            .files
            .iter()
            .map(|f| {
                format!(
                    "{{\"name\": \"blk{:05}.dat\", \"bytes\": {}, \"first_height\": {}}}",
                    f.number, f.bytes, f.first_height
                )
            })
            .collect();
        let (height, place) = self.last_day;
        let octaves = &self.spent_by_octave;
        let used = octaves.iter().rposition(|&n| n > 0).map_or(0, |n| n + 1);
        format!(
            "{{\"generator\": \"chain-bench {}\", \"bytes\": {}, \"blocks\": {}, \"txs\": {}, \
             \"txins\": {}, \"txouts\": {}, \"scripts\": {}, \"unspent\": {}, \
             \"virtual_coins_spent\": {}, \"virtual_outputs\": {}, \"virtual_scripts\": {}, \
             \"outputs_by_kind\": {{{}}}, \"spends_by_age_octave\": {:?}, \"last_day\": \
             {{\"height\": {height}, \"file\": \"blk{:05}.dat\", \"offset\": {}}}, \"files\": [{}], \
             \"parameters\": {}",
            env!("CARGO_PKG_VERSION"),
            self.bytes,
            self.blocks,
            self.txs,
            self.txins,
            self.txouts,
            self.scripts,
            self.unspent,
            self.virtual_coins_spent,
            self.virtual_outputs,
            self.virtual_scripts,
            kinds.join(", "),
            &octaves[..used],
            place.file,
            place.offset,
            files.join(", "),
            parameters_json(parameters),
        )
    }
}

fn parameters_json(p: &Parameters) -> String {
    let seeded = p.seeded.as_ref().map_or("null".into(), |s| {
        let Seeded {
            coins,
            scripts,
            from_height,
            inputs,
            outputs,
        } = s;
        format!(
            "{{\"coins\": {coins}, \"scripts\": {scripts}, \"from_height\": {from_height}, \
             \"inputs\": {inputs}, \"outputs\": {outputs}}}"
        )
    });
    let t = &p.traffic;
    let eras: Vec<String> = p
        .eras
        .iter()
        .map(|e| {
            format!(
                "{{\"from\": {}, \"from_time\": {}, \"new_scripts\": {:?}, \"version_2\": {}, \
                 \"replaceable\": {}, \"locktime\": {}}}",
                e.from, e.from_time, e.new_scripts, e.version_2, e.replaceable, e.locktime
            )
        })
        .collect();
    format!(
        "{{\"seed\": {}, \"size_bytes\": {}, \"block_bytes\": {}, \"block_spread\": {}, \"plain\": \
         {}, \"seeded\": {seeded}, \"inputs\": {:?}, \"outputs\": {:?}, \"many\": {:?}, \
         \"new_scripts\": {}, \"reuse\": {:?}, \"services\": {}, \"service_turnover\": {}, \
         \"recent_octaves\": {}, \"spend_age\": {:?}, \"fee_most\": {}, \"short_signatures\": {}, \
         \"eras\": [{}]}}",
        p.seed,
        p.size_bytes,
        p.block_bytes,
        p.block_spread,
        p.plain,
        t.inputs,
        t.outputs,
        t.many,
        t.new_scripts,
        t.reuse,
        t.services,
        t.service_turnover,
        t.recent_octaves,
        t.spend_age,
        t.fee_most,
        t.short_signatures,
        eras.join(", "),
    )
}
