//go:build !mutant_announcements_end

package zkembed

// plantedPatience is a planted bug, and off: with the build tag mutant_announcements_end, sessions live a hundred times as long as their timeout, which
// interop/mutants.sh shows to be noticed.
const plantedPatience = 1
