use super::*;

fn show(line: &str) -> String {
    let end = |until| match until {
        Until::Present => "present".to_owned(),
        Until::At(date) => format!("{date}"),
    };
    let one =
        |span: DateSpan| span.end.map_or(format!("{}", span.start), |until| format!("{}..{}", span.start, end(until)));
    scan(line).into_iter().map(one).collect::<Vec<_>>().join(" ")
}

#[test]
fn ranges_are_read_in_many_languages_and_forms() {
    let cases = [
        ("Teacher\tNov 2022 — present", "2022-11..present"),
        ("Feb. 2020 – Aug. 2022", "2020-02..2022-08"),
        ("May 2024 to March 2026", "2024-05..2026-03"),
        ("2025.09–heute", "2025-09..present"),
        ("April 2022 bis Dezember 2023", "2022-04..2023-12"),
        ("seit Februar 2024", "2024-02..present"),
        ("05/2022 - 03/2026", "2022-05..2026-03"),
        ("01.03.2019 - 31.12.2020", "2019-03..2020-12"),
        ("2014–2017", "2014..2017"),
        ("2019-2021", "2019..2021"),
        ("2019-03 - 2021-05", "2019-03..2021-05"),
        ("2022–aujourd’hui", "2022..present"),
        ("de mars 2019 à ce jour", "2019-03..present"),
        ("noviembre 2022 a mayo 2025", "2022-11..2025-05"),
        ("junio de 2025 a la actualidad", "2025-06..present"),
        ("março de 2019 até o momento", "2019-03..present"),
        ("gennaio 2018 – oggi", "2018-01..present"),
        ("maart 2018 t/m heden", "2018-03..present"),
        ("wrz. 2020 – wrz. 2021", "2020-09..2021-09"),
        ("październik 2023 do obecnie", "2023-10..present"),
        ("июль 2018 – настоящее время", "2018-07..present"),
        ("з січня 2020 до грудня 2021", "2020-01..2021-12"),
        ("Μάρτιος 2019 – σήμερα", "2019-03..present"),
        ("leden 2019 – dosud", "2019-01..present"),
        ("maj 2019 – nuvarande", "2019-05..present"),
        ("Ocak 2019 – Günümüz", "2019-01..present"),
        ("דצמבר 2022 עד היום", "2022-12..present"),
        ("فبراير 2025 إلى مارس 2026", "2025-02..2026-03"),
        ("أكتوبر ٢٠١٩ - الآن", "2019-10..present"),
        ("2019年12月～2023年7月", "2019-12..2023-07"),
        ("2020年4月から2021年3月まで", "2020-04..2021-03"),
        ("2023年11月至今", "2023-11..present"),
        ("2019년 3월 ~ 현재", "2019-03..present"),
        ("03/19 – 05/21", "2019-03..2021-05"),
        ("Jan – Mar 2020", "2020-01..2020-03"),
        ("Sept ’19 – Oct ’20", "2019-09..2020-10"),
        ("2018–20", "2018..2020"),
        ("March 1, 2019 - June 30, 2020", "2019-03..2020-06"),
        ("(2019 –)", "2019..present"),
    ];
    for (line, wanted) in cases {
        assert_eq!(show(line), wanted, "{line}");
    }
}

#[test]
fn a_range_written_backwards_is_turned_round() {
    assert_eq!(show("03/2026 - 06/2024"), "2024-06..2026-03");
}

#[test]
fn direction_marks_are_not_seen() {
    assert_eq!(show("\u{202b}דצמבר \u{202a}2022\u{202c} עד היום\u{202c}"), "2022-12..present");
}

#[test]
fn a_lone_date_is_no_range() {
    assert_eq!(show("MBA, Finance\t2016"), "2016");
    assert_eq!(show("renewed May 2024"), "2024-05");
}

#[test]
fn other_numbers_are_not_dates() {
    for line in
        ["+44 20 7946 0228", "served 23,000 users", "99.23% of 4 engineers", "ISO 27001", "score of 24/100", "OH 43215"]
    {
        assert_eq!(show(line), "", "{line}");
    }
}

#[test]
fn the_span_covers_the_date_and_nothing_else() {
    let line = "Développeur (mars 2019 – aujourd’hui) Lyon";
    let found = scan(line);
    assert_eq!(&line[found[0].at.clone()], "mars 2019 – aujourd’hui");
}

#[test]
fn words_for_the_present_are_found_alone() {
    assert_eq!(present_words("Engineer, current").len(), 1);
    assert!(present_words("Engineer").is_empty());
}
