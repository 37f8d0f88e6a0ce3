//! The order in which people write day, month and year.

use super::words::words;

words! {
    /// An order of day, month and year in a date of digits.
    pub enum DateOrder ("an order of day, month and year") {
        /// 31/12/2026.
        DayFirst = "dmy",
        /// 12/31/2026.
        MonthFirst = "mdy",
        /// 26/12/31.
        YearFirst = "ymd",
    }
}

impl DateOrder {
    /// Returns the order as people say it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::DayFirst => "day first",
            Self::MonthFirst => "month first",
            Self::YearFirst => "year first",
        }
    }

    /// Returns the habit of the country that an IANA zone lies in. A zone of no country, such as UTC, is taken for the
    /// United States.
    #[must_use]
    pub fn habit(zone: &str) -> Self {
        // CLDR's short dates by country: month first are the United States with their territories and the Philippines.
        const YEAR_FIRST: [&str; 20] = [
            "Asia/Shanghai",
            "Asia/Urumqi",
            "Asia/Chongqing",
            "Asia/Harbin",
            "Asia/Taipei",
            "Asia/Tokyo",
            "Asia/Seoul",
            "Asia/Pyongyang",
            "Asia/Ulaanbaatar",
            "Asia/Hovd",
            "Asia/Tehran",
            "Europe/Budapest",
            "Europe/Vilnius",
            "Europe/Stockholm",
            "Japan",
            "PRC",
            "ROC",
            "ROK",
            "Iran",
            "Africa/Johannesburg",
        ];
        const MONTH_FIRST: [&str; 53] = [
            "America/New_York",
            "America/Detroit",
            "America/Louisville",
            "America/Fort_Wayne",
            "America/Indianapolis",
            "America/Chicago",
            "America/Menominee",
            "America/Denver",
            "America/Shiprock",
            "America/Boise",
            "America/Phoenix",
            "America/Los_Angeles",
            "America/Anchorage",
            "America/Juneau",
            "America/Sitka",
            "America/Metlakatla",
            "America/Yakutat",
            "America/Nome",
            "America/Adak",
            "America/Atka",
            "America/Puerto_Rico",
            "America/St_Thomas",
            "America/Virgin",
            "America/Knox_IN",
            "Pacific/Honolulu",
            "Pacific/Johnston",
            "Pacific/Guam",
            "Pacific/Saipan",
            "Pacific/Pago_Pago",
            "Pacific/Midway",
            "Pacific/Samoa",
            "Pacific/Palau",
            "Pacific/Chuuk",
            "Pacific/Truk",
            "Pacific/Yap",
            "Pacific/Pohnpei",
            "Pacific/Ponape",
            "Pacific/Kosrae",
            "Pacific/Majuro",
            "Pacific/Kwajalein",
            "Asia/Manila",
            "EST",
            "EST5EDT",
            "CST6CDT",
            "MST",
            "MST7MDT",
            "PST8PDT",
            "HST",
            "UTC",
            "GMT",
            "Zulu",
            "Universal",
            "",
        ];
        let is_american = MONTH_FIRST.contains(&zone)
            || [
                "US/",
                "Etc/",
                "America/Kentucky/",
                "America/Indiana/",
                "America/North_Dakota/",
            ]
            .iter()
            .any(|start| zone.starts_with(start));
        if is_american {
            Self::MonthFirst
        } else if YEAR_FIRST.contains(&zone) {
            Self::YearFirst
        } else {
            Self::DayFirst
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DateOrder;

    #[test]
    fn a_zone_tells_its_countrys_habit() {
        for (zone, order) in [
            ("Europe/Madrid", "dmy"),
            ("Europe/London", "dmy"),
            ("Australia/Sydney", "dmy"),
            ("America/Sao_Paulo", "dmy"),
            ("America/Mexico_City", "dmy"),
            ("America/New_York", "mdy"),
            ("America/Indiana/Knox", "mdy"),
            ("US/Pacific", "mdy"),
            ("Pacific/Honolulu", "mdy"),
            ("Asia/Manila", "mdy"),
            ("UTC", "mdy"),
            ("Asia/Tokyo", "ymd"),
            ("Europe/Budapest", "ymd"),
        ] {
            assert_eq!(DateOrder::habit(zone).as_str(), order, "{zone}");
        }
    }
}
