//go:build mutant_announcements_end

package zkembed

// plantedPatience is a planted bug: sessions live a hundred times as long as their timeout.
const plantedPatience = 100
