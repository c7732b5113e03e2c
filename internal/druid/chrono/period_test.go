package chrono

import "testing"

// What Period and ISOPeriodFormat of Joda-Time 2.9.9 make of texts.
func TestPeriodsAreReadAsJodaReadsThem(t *testing.T) {
	for text, want := range map[string]string{
		"P": "PT0S", "p1y": "P1Y", "P01D": "P1D", "P+1D": "P1D", "PT-0.5S": "PT-0.500S", "PT.5S": "PT0.500S", "PT1,5S": "PT1.500S", "PT1.S": "PT1S",
		"PT1.2345S": "PT1.234S", "P1Y2M3W4DT5H6M7.008S": "P1Y2M3W4DT5H6M7.008S", "PT60M": "PT60M",
	} {
		if p, err := ParsePeriod(text); err != nil || p.String() != want {
			t.Errorf("%q: got %s, %v, want %s", text, p, err, want)
		}
	}
	for text, want := range map[string]string{
		"PTX": `Invalid format: "PTX" is malformed at "X"`, "P1X": `Invalid format: "P1X" is malformed at "1X"`,
		"PT1": `Invalid format: "PT1" is malformed at "1"`, "P1DT1H1X": `Invalid format: "P1DT1H1X" is malformed at "1X"`,
		"Q": `Invalid format: "Q"`, "P--1D": `Invalid format: "P--1D" is malformed at "--1D"`, "PTS": `Invalid format: "PTS" is malformed at "S"`,
		"PT1.5M": `Invalid format: "PT1.5M" is malformed at "1.5M"`, "P1Y2147483648M": `For input string: "2147483648"`,
		"PT5.5.5S": `Invalid format: "PT5.5.5S" is malformed at "5.5.5S"`, "P1DT1HT1M": `Invalid format: "P1DT1HT1M" is malformed at "T1M"`,
		"P1D T1H": `Invalid format: "P1D T1H" is malformed at " T1H"`, "PT": `Invalid format: "PT" is too short`,
		"This is a rather long text that has no period in it at all":    `Invalid format: "This is a rather long text that ..."`,
		"P1DThis is a rather long text that has no period in it at all": `Invalid format: "P1DThis is a rather long text that h..." is malformed at "his is a rather long text that h..."`,
	} {
		if p, err := ParsePeriod(text); err == nil || err.Error() != want {
			t.Errorf("%q: got %s, %v, want %s", text, p, err, want)
		}
	}
}
