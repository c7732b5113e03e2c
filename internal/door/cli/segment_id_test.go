package cli

import (
	"io"
	"slices"
	"testing"

	"oakmoot/internal/door/terminal"
)

func TestSegmentIDsAreShortenedInOneWay(t *testing.T) {
	for in, want := range map[string]string{
		"flights_2001-03-01T00:00:00.000Z_2001-04-01T00:00:00.000Z_2026-11-30T17:42:53.343Z":                        "flights_2001-03-01/P1M_…53.343Z",
		"flights_2001-03-01T00:00:00.000Z_2001-04-01T00:00:00.000Z_2026-11-30T17:42:53.343Z_1":                      "flights_2001-03-01/P1M_…53.343Z_1",
		"a_b_2001-03-01T05:00:00.000Z_2001-03-01T06:00:00.000Z_v1_3":                                                "a_b_2001-03-01T05:00/PT1H_v1_3",
		"x_2001-03-01T05:07:00.000Z_2001-03-01T05:08:00.000Z_2001-03-01T05:07:00.000Z":                              "x_2001-03-01T05:07/PT1M_…00.000Z",
		"x_2001-01-01T00:00:00.000Z_2003-01-01T00:00:00.000Z_1":                                                     "x_2001-01-01/2003-01-01_1",
		`segment=x_2001-01-01T00:00:00.000Z_2001-01-02T00:00:00.000Z_2001-01-01T00:00:00.000Z bytes=7`:              "segment=x_2001-01-01/P1D_…00.000Z bytes=7",
		"index_flights_2026-11-30T17:42:52.945Z":                                                                    "index_flights_2026-11-30T17:42:52.945Z",
		"x_2001-99-01T00:00:00.000Z_2001-04-01T00:00:00.000Z_1":                                                     "x_2001-99-01T00:00:00.000Z_2001-04-01T00:00:00.000Z_1",
		"/druid/loadQueue/h/x_2001-01-01T00:00:00.000Z_2001-01-02T00:00:00.000Z_1, y_2001-01-01T00:00:00.000Z_2001": "/druid/loadQueue/h/x_2001-01-01/P1D_1, y_2001-01-01T00:00:00.000Z_2001",
	} {
		if got := shortIDs(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestIDsOfAListThatWouldLookTheSameStayWhole(t *testing.T) {
	const day = "x_2001-01-01T00:00:00.000Z_2001-01-02T00:00:00.000Z_"
	ids := []string{day + "2026-11-30T17:42:53.343Z", day + "2026-11-30T18:42:53.343Z", day + "2026-11-30T18:42:54.343Z"}
	want := []string{ids[0], ids[1], "x_2001-01-01/P1D_…54.343Z"}
	if got := shortIDsOf(shortIDs, ids); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLinesEndWhereTheScreenDoesUnlessTheyAreWantedWhole(t *testing.T) {
	narrow := terminal.New(io.Discard, terminal.Screen{Size: func() (int, int) { return 5, 5 }})
	for _, tt := range []struct {
		out  *terminal.Output
		wide bool
		want string
	}{{narrow, false, "over…"}, {narrow, true, "overlord"}, {terminal.New(io.Discard, terminal.Screen{}), false, "overlord"}} {
		if got := fitting(tt.out, tt.wide, "overlord"); got != tt.want {
			t.Errorf("wide %v: got %q, want %q", tt.wide, got, tt.want)
		}
	}
}
