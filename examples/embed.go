package examples

import "embed"

// Topologies are the topology files of this folder and of the museum.
//
//go:embed *.toml museum/*.toml
var Topologies embed.FS
