//! A table of what people and directories really write for a country.

use profile::{Country, Problem, Reason};

const TABLE: &[(&str, &[&str])] = &[
    (
        "DE",
        &[
            "de",
            "DEU",
            "276",
            "Germany",
            "germany.",
            "GERMANY",
            "Deutschland",
            "Allemagne",
            "Alemania",
            "Alemanha",
            "Germania",
            "Duitsland",
            "Tyskland",
            "Saksa",
            "Niemcy",
            "Německo",
            "Nemecko",
            "Németország",
            "Германия",
            "Німеччина",
            "Almanya",
            "Γερμανία",
            "ドイツ",
            "ﾄﾞｲﾂ",
            "德国",
            "德國",
            "독일",
            "ألمانيا",
            "גרמניה",
            "जर्मनी",
            "Đức",
            "เยอรมนี",
            "Jerman",
            "GER",
            "BRD",
            "Germany (DE)",
            "DE - Germany",
            "DE – Deutschland",
            "Deutschland/Germany",
            "🇩🇪",
            "🇩🇪 Germany",
            " Germany\u{a0}",
            "ＤＥ",
            "Federal Republic of Germany",
        ],
    ),
    (
        "AT",
        &["Österreich", "Oesterreich", "osterreich", "O\u{308}sterreich", "Autriche", "Austria", "Áo", "AUT"],
    ),
    (
        "CH",
        &[
            "Schweiz",
            "Suisse",
            "Svizzera",
            "Svizra",
            "Switzerland",
            "Swiss Confederation",
            "スイス",
            "瑞士",
            "756",
        ],
    ),
    (
        "US",
        &[
            "us",
            "USA",
            "U.S.",
            "U.S.A.",
            "u.s",
            "United States",
            "The United States",
            "United States of America",
            "united states of america (the)",
            "Estados Unidos",
            "EE. UU.",
            "États-Unis",
            "Etats Unis",
            "Vereinigte Staaten",
            "США",
            "Соединённые Штаты Америки",
            "アメリカ合衆国",
            "美国",
            "미국",
            "840",
            "ABD",
            "الولايات المتحدة",
            "Hoa Kỳ",
        ],
    ),
    (
        "GB",
        &[
            "UK",
            "U.K.",
            "GB",
            "GBR",
            "United Kingdom",
            "Great Britain",
            "Britain",
            "England",
            "Scotland",
            "Wales",
            "Northern Ireland",
            "Royaume-Uni",
            "Großbritannien",
            "Grossbritannien",
            "Vereinigtes Königreich",
            "英国",
            "Великобритания",
            "Reino Unido",
        ],
    ),
    (
        "NL",
        &[
            "Holland",
            "The Netherlands",
            "Netherlands (the)",
            "Nederland",
            "Niederlande",
            "Pays-Bas",
            "荷兰",
            "オランダ",
        ],
    ),
    ("JP", &["日本", "にほん", "Japan", "Japón", "Япония", "Nippon", "JPN", "392"]),
    ("RU", &["Россия", "Russia", "Russian Federation", "РФ", "Russie", "俄罗斯", "RUS"]),
    (
        "KR",
        &[
            "South Korea",
            "Korea, South",
            "Korea, Republic of",
            "Korea (the Republic of)",
            "Republic of Korea",
            "한국",
            "대한민국",
            "Südkorea",
            "Corée du Sud",
            "韓国",
        ],
    ),
    ("KP", &["North Korea", "DPRK", "Korea (the Democratic People's Republic of)"]),
    ("CI", &["Côte d’Ivoire", "Cote d'Ivoire", "Ivory Coast", "Elfenbeinküste"]),
    ("CD", &["DRC", "Democratic Republic of the Congo", "Congo - Kinshasa", "Zaire"]),
    ("TR", &["Türkiye", "TÜRKİYE", "Turkey", "turkiye", "Türkei", "Turquie"]),
    ("CZ", &["Czech Republic", "Czechia", "Česko", "Tschechien", "Česká republika"]),
    ("MK", &["Macedonia", "North Macedonia", "FYROM"]),
    ("GR", &["EL", "Greece", "Ελλάδα", "ΕΛΛΑΔΑ", "Griechenland"]),
    ("VN", &["Viet Nam", "Việt Nam", "Vietnam", "越南"]),
    ("HK", &["Hong Kong", "Hong Kong SAR China", "香港"]),
    ("TW", &["Taiwan", "Taiwan, Province of China", "台灣", "台湾"]),
    ("BA", &["Bosnia and Herzegovina", "Bosnia & Herzegovina", "Bosnien und Herzegowina", "Bosnia"]),
    ("XK", &["Kosovo", "XK", "Kosova"]),
    ("SE", &["Sverige", "Schweden", "Suède", "Sweden"]),
    ("FI", &["Suomi", "Finland", "Finnland"]),
    ("IN", &["India", "भारत", "Bharat", "Inde", "IND"]),
    ("IL", &["ישראל", "Israel"]),
    ("EG", &["مصر", "Egypt", "Ägypten"]),
    ("AF", &["004", "Afghanistan"]),
    ("NG", &["Nigeria", "Nga"]),
    ("NE", &["Niger", "Niger (the)"]),
    ("GN", &["Guinea"]),
    ("GE", &["Georgia"]),
    ("VI", &["Virgin Islands, U.S.", "U.S. Virgin Islands"]),
    ("ES", &["España", "espana", "Espagne", "Spanien", "Hiszpania"]),
    ("MX", &["México", "mexico", "Mexique"]),
    ("BR", &["Brasil", "Brazil", "Brésil"]),
    ("CN", &["中国", "中國", "PRC", "P.R. China", "China (mainland)", "Chine", "Kina"]),
    ("IE", &["Éire", "Republic of Ireland", "Irland"]),
];

#[test]
fn spellings_of_many_languages_and_habits() {
    for (code, spellings) in TABLE {
        for spelling in *spellings {
            assert_eq!(Country::parse(spelling).map(Country::code), Ok(*code), "{spelling:?}");
        }
    }
}

#[test]
fn what_is_not_one_country_is_said_so() {
    let say = |text: &str| {
        let reason = Country::parse(text).unwrap_err();
        Problem::new(profile::Field::Country, text, reason).to_string()
    };
    assert_eq!(say("D-A-CH"), "“D-A-CH” is not one country. Expected a name or code, such as Germany or DE.");
    assert_eq!(say("Korea"), "“Korea” is not one country. Did you mean North Korea or South Korea?");
    assert_eq!(
        say("Congo"),
        "“Congo” is not one country. Did you mean Congo - Kinshasa or Congo - Brazzaville?"
    );
    assert_eq!(say("Germny"), "“Germny” is not a country we know. Did you mean Germany?");
    assert_eq!(
        say("Atlantis"),
        "“Atlantis” is not a country we know. Expected a name or code, such as Germany or DE."
    );
    for text in [
        "",
        " ",
        "-",
        "?",
        "EMEA",
        "Europe",
        "EU",
        "Benelux",
        "Berlin",
        "ZZ",
        "XX",
        "000",
        "999",
        "12345",
        "R.-U.",
        "R. U.",
        "\u{0}",
        "DE\u{202e}",
        "🇽🇽",
        "🇩",
        "Germany or Austria",
        "<script>",
        "'; DROP TABLE",
    ] {
        let read = Country::parse(text);
        assert!(text == "DE\u{202e}" || read.is_err(), "{text:?} {read:?}");
    }
    assert!(Country::parse(&"Germany ".repeat(100_000)).is_err());
    assert_eq!(
        Country::parse("America"),
        Err(Reason::NotOneCountry { candidates: vec![Country::parse("US").unwrap()] })
    );
}
