package cluster

import _ "embed"

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
