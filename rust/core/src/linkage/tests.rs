use super::*;

fn ask<'a>(input_sat: &'a [i64], output_sat: &'a [i64]) -> Question<'a> {
    let fee: i64 = input_sat.iter().sum::<i64>() - output_sat.iter().sum::<i64>();
    Question {
        input_sat,
        output_sat,
        most_gain_sat: 0,
        most_loss_sat: fee,
        parties_at_least: 0,
        finest: false,
        max_steps: 1 << 24,
    }
}

fn counted(question: &Question<'_>) -> Linkage {
    match linkage(question, &mut |_| true) {
        Ok(Outcome::Exact(linkage)) => linkage,
        other => panic!("not counted: {other:?}"),
    }
}

fn all(linkage: &Linkage) -> u128 {
    linkage.by_parties.iter().sum()
}

// Source: the test vectors of Boltzmann, for this and the next two.
#[test]
fn five_equal_inputs_and_outputs_have_1496_interpretations() {
    let found = counted(&ask(&[5; 5], &[5; 5]));
    assert_eq!(all(&found), 1496);
    assert_eq!(found.by_parties, [0, 1, 125, 650, 600, 120]);
    assert_eq!(found.links, [512; 25]);
}

#[test]
fn fees_may_be_paid_by_any_block() {
    let found = counted(&ask(&[5, 5, 5], &[5, 3, 2]));
    assert_eq!(all(&found), 28);
    assert_eq!(found.links, [14, 13, 13, 14, 13, 13, 14, 13, 13]);
}

#[test]
fn makers_may_gain() {
    let inputs = [260994463, 98615817, 84911243, 20112774, 79168410];
    let outputs = [
        14868890, 84077613, 84077613, 15369204, 177252160, 84077613, 84077613,
    ];
    let question = Question {
        most_gain_sat: 420_388,
        most_loss_sat: 2_001 + 1_261_164,
        ..ask(&inputs, &outputs)
    };
    assert_eq!(all(&counted(&question)), 95);
}

#[test]
fn only_interpretations_of_enough_parties_link() {
    let question = Question {
        parties_at_least: 2,
        ..ask(&[10, 7], &[10, 7])
    };
    let found = counted(&question);
    assert_eq!(found.links, [1, 0, 0, 1]);
    assert_eq!(found.by_parties, [0, 0, 1]);
}

#[test]
fn finest_blocks_do_not_split() {
    let question = Question {
        finest: true,
        ..ask(&[10, 7], &[10, 4, 3])
    };
    let found = counted(&question);
    assert_eq!(found.by_parties, [0, 0, 1]);
    assert_eq!(found.links, [1, 0, 0, 0, 1, 1]);
}

#[test]
fn bounds_are_named() {
    let many: Vec<i64> = (1..=21).map(|n| 1 << n).collect();
    let gave_up = |question: &Question<'_>| match linkage(question, &mut |_| true) {
        Ok(Outcome::GaveUp(bound)) => bound,
        other => panic!("counted: {other:?}"),
    };
    assert_eq!(gave_up(&ask(&many, &[5])), Bound::Inputs);
    assert_eq!(gave_up(&ask(&[1 << 23], &many)), Bound::Outputs);
    assert_eq!(gave_up(&ask(&[7; 60], &[7; 60])), Bound::Count);
    let question = Question {
        max_steps: 10,
        ..ask(&[5; 5], &[5; 5])
    };
    assert_eq!(gave_up(&question), Bound::Steps);
}

#[test]
fn values_that_are_no_money_are_refused() {
    for (inputs, outputs) in [([0, 5], [5, 0]), ([i64::MAX, 1], [1, 1]), ([5, 5], [-1, 1])] {
        let question = Question {
            most_loss_sat: 0,
            ..ask(&[1], &[1])
        };
        let question = Question {
            input_sat: &inputs,
            output_sat: &outputs,
            ..question
        };
        assert!(matches!(
            linkage(&question, &mut |_| true),
            Err(CoreError::Misuse(_))
        ));
    }
}
