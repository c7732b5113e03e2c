//go:build mutant_rows_once

package broker

// plantedCountsTwice is a planted bug: what the first server answers is counted twice.
const plantedCountsTwice = true
