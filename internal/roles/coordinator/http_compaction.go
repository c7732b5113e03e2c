package coordinator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strconv"

	"oakmoot/internal/druid"
	"oakmoot/internal/druid/gate"
	"oakmoot/internal/run/node"
)

// compactionKey is the name of the compaction configuration in the config table. It is stored for other coordinators:
// nothing is compacted here.
const compactionKey = "coordinator.compaction.config"

// compactionConfig is CoordinatorCompactionConfig.
type compactionConfig struct {
	Configs   []dataSourceCompaction `json:"compactionConfigs"`
	SlotRatio double                 `json:"compactionTaskSlotRatio"`
	MaxSlots  int                    `json:"maxCompactionTaskSlots"`
}

// dataSourceCompaction is DataSourceCompactionConfig.
type dataSourceCompaction struct {
	DataSource             string          `json:"dataSource"`
	KeepSegmentGranularity bool            `json:"keepSegmentGranularity"`
	TaskPriority           int             `json:"taskPriority"`
	InputSegmentSizeBytes  int64           `json:"inputSegmentSizeBytes"`
	TargetSizeBytes        *int64          `json:"targetCompactionSizeBytes"`
	MaxRowsPerSegment      *int            `json:"maxRowsPerSegment"`
	MaxNumSegments         int             `json:"maxNumSegmentsToCompact"`
	SkipOffsetFromLatest   string          `json:"skipOffsetFromLatest"`
	TuningConfig           json.RawMessage `json:"tuningConfig"`
	TaskContext            json.RawMessage `json:"taskContext"`
}

func defaultCompaction() compactionConfig {
	return compactionConfig{Configs: []dataSourceCompaction{}, SlotRatio: 0.1, MaxSlots: math.MaxInt32}
}

// compactTuning is UserCompactTuningConfig, as Java writes it.
type compactTuning struct {
	MaxRowsInMemory    json.RawMessage `json:"maxRowsInMemory"`
	MaxTotalRows       json.RawMessage `json:"maxTotalRows"`
	IndexSpec          json.RawMessage `json:"indexSpec"`
	MaxPendingPersists json.RawMessage `json:"maxPendingPersists"`
	PushTimeout        json.RawMessage `json:"pushTimeout"`
	Type               string          `json:"type"`
}

// readDataSourceCompaction fills in Druid's defaults, for null values too.
func readDataSourceCompaction(body []byte) (dataSourceCompaction, error) {
	const inputBytes = 400 << 20
	c := dataSourceCompaction{
		KeepSegmentGranularity: true, TaskPriority: 25, InputSegmentSizeBytes: inputBytes, MaxNumSegments: 150,
		SkipOffsetFromLatest: "P1D",
	}
	if err := gate.Check(body, gate.DataSourceCompactionConfig); err != nil {
		return c, err
	}
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&c); err != nil {
		return c, err
	}
	var tuning *compactTuning
	if err := json.Unmarshal(append(json.RawMessage(nil), orNull(c.TuningConfig)...), &tuning); err != nil {
		return c, err
	}
	limited := c.MaxRowsPerSegment != nil
	if tuning != nil {
		limited = limited || string(orNull(tuning.MaxTotalRows)) != "null"
		tuning.Type = "index"
		b, err := druid.Marshal(tuning)
		if err != nil {
			return c, err
		}
		c.TuningConfig = b
	}
	if target := int64(inputBytes); c.TargetSizeBytes == nil && !limited {
		c.TargetSizeBytes = &target
	}
	return c, nil
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

func (l *leadership) compaction(ctx context.Context) (compactionConfig, error) {
	config := defaultCompaction()
	payload, found, err := l.Store.Config(ctx, compactionKey)
	if err != nil || !found {
		return config, err
	}
	err = json.Unmarshal(payload, &config)
	l.Store.LeaveOut(compactionKey, err)
	if err != nil {
		return config, fmt.Errorf("the stored %s cannot be read: %w", compactionKey, err)
	}
	return config, nil
}

// changeCompaction reads, changes and stores the configuration; an error from the change is the caller's mistake.
func (l *leadership) changeCompaction(w http.ResponseWriter, r *http.Request, change func(*compactionConfig) error) {
	config, err := l.compaction(r.Context())
	if err == nil {
		err = change(&config)
	}
	var payload []byte
	if err == nil {
		payload, err = druid.Marshal(config)
	}
	if err == nil {
		err = l.Store.SetConfig(r.Context(), compactionKey, payload, author(r))
	}
	switch {
	case errors.Is(err, errNoCompaction):
		w.WriteHeader(http.StatusNotFound)
	case err != nil:
		node.WriteUnsaid(w, l.Log, "compaction configuration", err)
	}
}

var errNoCompaction = errors.New("the datasource has no compaction configuration")

func compaction(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	config, err := l.compaction(r.Context())
	if err != nil {
		node.WriteError(w, http.StatusInternalServerError, err.Error())
		return
	}
	ok(w, config)
}

func (c compactionConfig) index(dataSource string) int {
	return slices.IndexFunc(c.Configs, func(d dataSourceCompaction) bool { return d.DataSource == dataSource })
}

func compactionOf(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	config, err := l.compaction(r.Context())
	if i := config.index(r.PathValue("ds")); err == nil && i >= 0 {
		ok(w, config.Configs[i])
		return
	}
	w.WriteHeader(http.StatusNotFound)
}

func setCompaction(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	l.changeCompaction(w, r, func(c *compactionConfig) error {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		one, err := readDataSourceCompaction(body)
		if err != nil {
			return err
		}
		if i := c.index(one.DataSource); i >= 0 {
			c.Configs[i] = one
		} else {
			c.Configs = append(c.Configs, one)
		}
		return nil
	})
}

func setCompactionSlots(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	ratio, ratioErr := strconv.ParseFloat(q.Get("ratio"), 64)
	most, mostErr := strconv.Atoi(q.Get("max"))
	if ratioErr != nil && q.Get("ratio") != "" || mostErr != nil && q.Get("max") != "" {
		w.WriteHeader(http.StatusNotFound) // as Jersey answers for something that is not a number
		return
	}
	l.changeCompaction(w, r, func(c *compactionConfig) error {
		if ratioErr == nil {
			c.SlotRatio = double(ratio)
		}
		if mostErr == nil {
			c.MaxSlots = most
		}
		return nil
	})
}

func deleteCompaction(l *leadership, _ snapshot, w http.ResponseWriter, r *http.Request) {
	l.changeCompaction(w, r, func(c *compactionConfig) error {
		i := c.index(r.PathValue("ds"))
		if i < 0 {
			return errNoCompaction
		}
		c.Configs = slices.Delete(c.Configs, i, i+1)
		return nil
	})
}
