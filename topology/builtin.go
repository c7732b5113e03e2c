package topology

import (
	_ "embed"
	"strings"
)

// builtinPrefix marks an input that is part of oakmoot.
const builtinPrefix = "builtin:"

//go:embed data/flights.json.gz
var flights []byte

//go:embed data/flights-later.json.gz
var flightsLater []byte

// builtinRows are the built-in data sets, newline-delimited JSON, gzipped; what
// they are and where they come from is in data/README.md.
var builtinRows = map[string][]byte{
	"flights":       flights,
	"flights-later": flightsLater,
}

// Builtin is the built-in data set that an input such as "builtin:flights" means:
// gzipped JSON, a row a line. Any other input is a file, and its name here is "". A
// data set that there is not has no rows.
func Builtin(input string) (name string, rows []byte) {
	name, builtin := strings.CutPrefix(input, builtinPrefix)
	if !builtin {
		return "", nil
	}
	return name, builtinRows[name]
}
