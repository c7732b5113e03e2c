package overlord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/run/metadata"
)

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

// scaler is an AutoScaler as Java writes it: an unknown type becomes the one that does
// nothing.
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

// strategyOf is the strategy of a stored configuration, or the zero value if it has none.
// known is false when the configuration is not understood: then the previous one stays in
// force, and the store notes that this one was left out.
func strategyOf(store metadata.Configuration, stored []byte) (s strategy, known bool) {
	config, err := parseWorkerConfig(stored)
	store.LeaveOut(workerConfigKey, err)
	if err == nil && config.Strategy != nil {
		s = *config.Strategy
	}
	return s, err == nil
}

// storedStrategy is strategyOf the configuration in the store. known is false, too, when
// there is none.
func storedStrategy(ctx context.Context, store metadata.Configuration) (s strategy, known bool, err error) {
	stored, found, err := store.Config(ctx, workerConfigKey)
	if err != nil {
		return s, false, fmt.Errorf("worker configuration: %w", err)
	}
	if found {
		s, known = strategyOf(store, stored)
	}
	return s, known, nil
}
