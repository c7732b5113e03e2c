package overlord

import (
	"cmp"
	"slices"

	"oakmoot/internal/druid"
)

// candidate is a worker that may be given tasks.
type candidate struct {
	host           string
	capacity, used int
	groups         map[string]bool // availability groups of its tasks
}

func (c candidate) free() int { return c.capacity - c.used }

// strategy chooses workers: WorkerSelectStrategy of Druid. The zero value is
// equalDistribution.
type strategy struct {
	Type     string    `json:"type"`
	Affinity *affinity `json:"affinityConfig"`
}

// affinity binds datasources to workers. Listed workers take nothing else; a strong
// one lets a listed datasource run nowhere else.
type affinity struct {
	Affinity map[string][]string `json:"affinity"`
	Strong   bool                `json:"strong"`
}

// choose is the worker for a task, or "".
func (s strategy) choose(task druid.Task, all []candidate) string {
	eligible := slices.DeleteFunc(slices.Clone(all), func(c candidate) bool {
		return c.free() < task.Resource.RequiredCapacity || c.groups[task.Resource.AvailabilityGroup]
	})
	if s.Affinity == nil {
		return s.best(eligible)
	}
	mine, listed := s.Affinity.Affinity[task.DataSource]
	if listed {
		preferred := s.best(slices.DeleteFunc(slices.Clone(eligible), func(c candidate) bool { return !slices.Contains(mine, c.host) }))
		if preferred != "" || s.Affinity.Strong {
			return preferred
		}
	}
	return s.best(slices.DeleteFunc(eligible, func(c candidate) bool { return s.Affinity.lists(c.host) }))
}

// best is the eligible worker with the most room, or for fillCapacity with the
// most tasks; the name decides a tie.
func (s strategy) best(eligible []candidate) string {
	if len(eligible) == 0 {
		return ""
	}
	fill := s.Type == "fillCapacity" || s.Type == "fillCapacityWithAffinity"
	return slices.MinFunc(eligible, func(a, b candidate) int {
		more := cmp.Compare(b.free(), a.free())
		if fill {
			more = cmp.Compare(b.used, a.used)
		}
		return cmp.Or(more, cmp.Compare(a.host, b.host))
	}).host
}

func (a *affinity) lists(host string) bool {
	for _, hosts := range a.Affinity {
		if slices.Contains(hosts, host) {
			return true
		}
	}
	return false
}
