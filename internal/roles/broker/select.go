package broker

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"oakmoot/internal/druid"
)

// tierStrategy orders priorities: druid.broker.select.tier.
type tierStrategy func(a, b int) int

var tierStrategies = map[string]tierStrategy{
	"highestPriority": func(a, b int) int { return cmp.Compare(b, a) },
	"lowestPriority":  cmp.Compare[int],
}

// pick is a random server among those with the best priority, except those to be avoided: TierSelectorStrategy over
// RandomServerSelectorStrategy.
func pick(servers []druid.ServerMetadata, better tierStrategy, avoid map[string]bool, random func(n int) int) (druid.ServerMetadata, bool) {
	servers = slices.DeleteFunc(slices.Clone(servers), func(s druid.ServerMetadata) bool { return avoid[s.Name] })
	if len(servers) == 0 {
		return druid.ServerMetadata{}, false
	}
	slices.SortFunc(servers, func(a, b druid.ServerMetadata) int {
		return cmp.Or(better(a.Priority, b.Priority), cmp.Compare(a.Name, b.Name))
	})
	best := 1
	for best < len(servers) && servers[best].Priority == servers[0].Priority {
		best++
	}
	return servers[random(best)], true
}

func anyOf(n int) int { return rand.IntN(n) }
