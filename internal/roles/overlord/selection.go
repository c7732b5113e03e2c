package overlord

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
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

// workerConfigKey is where the strategy is stored.
const workerConfigKey = "worker.config"

// workerConfig is DefaultWorkerBehaviorConfig. Nothing here scales by itself: the
// autoScaler is only kept.
type workerConfig struct {
	Type       string          `json:"type"`
	Strategy   *strategy       `json:"selectStrategy"`
	AutoScaler json.RawMessage `json:"autoScaler"`
}

// parseWorkerConfig reads a stored or posted worker configuration.
func parseWorkerConfig(b []byte) (workerConfig, error) {
	var config workerConfig
	if err := json.NewDecoder(bytes.NewReader(b)).Decode(&config); err != nil {
		return workerConfig{}, err
	}
	config.Type = "default" // whatever it says
	config.AutoScaler = scaler(config.AutoScaler)
	if config.Strategy == nil {
		return config, nil
	}
	switch config.Strategy.Type {
	case "fillCapacity", "equalDistributionWithAffinity", "fillCapacityWithAffinity":
	case "javascript":
		return workerConfig{}, errors.New("JavaScript is disabled")
	default:
		config.Strategy.Type = "equalDistribution"
	}
	return config, nil
}

// scaler is an AutoScaler as Java writes it: one of a type that is not known is the
// one that does nothing.
func scaler(given json.RawMessage) json.RawMessage {
	if len(given) == 0 || string(given) == "null" {
		return nil
	}
	ec2 := struct {
		Type          string          `json:"type"`
		MinNumWorkers int             `json:"minNumWorkers"`
		MaxNumWorkers int             `json:"maxNumWorkers"`
		EnvConfig     json.RawMessage `json:"envConfig"`
	}{}
	if err := json.Unmarshal(given, &ec2); err != nil || ec2.Type != "ec2" {
		return json.RawMessage(`{"type":"NoopAutoScaler"}`)
	}
	b, err := druid.Marshal(ec2)
	if err != nil {
		return given
	}
	return b
}

// use makes a stored configuration the one that counts. One that is not understood
// leaves the term with what it has.
func (t *term) use(stored []byte) {
	config, err := parseWorkerConfig(stored)
	t.store.LeaveOut(workerConfigKey, err)
	switch {
	case err != nil: // the last one goes on counting
	case config.Strategy == nil:
		t.strategy = strategy{}
	default:
		t.strategy = *config.Strategy
	}
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
