package overlord

import (
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"slices"
	"time"

	"oakmoot/internal/druid"
)

// worker is an announced worker with what it says about its tasks: ZkWorker.
type worker struct {
	info        druid.Worker
	stop        func() // stops following its statuses, and waits until that is over
	ready       bool   // its statuses have been read
	statuses    map[string]druid.TaskAnnouncement
	unreadable  map[string]bool // tasks with a status that is not understood
	unacked     string          // the assigned task that has no status yet
	completed   druid.Timestamp
	failures    int // in a row
	blacklisted time.Time
}

func newWorker(info druid.Worker, now druid.Timestamp) *worker {
	return &worker{info: info, stop: func() {}, statuses: map[string]druid.TaskAnnouncement{}, unreadable: map[string]bool{}, completed: now}
}

// readWorker reads an announcement. A worker is known by the host in it, not by the
// node's name.
func readWorker(b []byte) (druid.Worker, error) {
	var info druid.Worker
	err := json.Unmarshal(b, &info)
	if err == nil && info.Host == "" {
		err = errors.New("no host")
	}
	return info, err
}

// has reports whether the worker has a status of a task, understood or not.
func (w *worker) has(id string) bool {
	_, there := w.statuses[id]
	return there || w.unreadable[id]
}

// notes remembers a status.
func (w *worker) notes(id string, a druid.TaskAnnouncement) {
	delete(w.unreadable, id)
	w.statuses[id] = a
}

// forgets drops a status that is gone.
func (w *worker) forgets(id string) {
	delete(w.statuses, id)
	delete(w.unreadable, id)
}

// candidate is the worker as a strategy sees it.
func (w *worker) candidate() candidate {
	c := candidate{host: w.info.Host, capacity: w.info.Capacity, groups: map[string]bool{}}
	for _, a := range w.statuses {
		c.used += a.Resource.RequiredCapacity
		c.groups[a.Resource.AvailabilityGroup] = true
	}
	return c
}

// uri is where the worker answers for a task: TaskRunnerUtils.makeWorkerURL.
func (w *worker) uri(id string) string {
	return w.info.Scheme + "://" + w.info.Host + "/druid/worker/v1/task/" + url.PathEscape(id)
}

// workerShown is a worker as the overlord shows it: ImmutableWorkerInfo.
type workerShown struct {
	Worker             druid.Worker     `json:"worker"`
	CurrCapacityUsed   int              `json:"currCapacityUsed"`
	AvailabilityGroups []string         `json:"availabilityGroups"`
	RunningTasks       []string         `json:"runningTasks"`
	LastCompleted      druid.Timestamp  `json:"lastCompletedTaskTime"`
	BlacklistedUntil   *druid.Timestamp `json:"blacklistedUntil"`
}

// shown counts every status as a running task, even one that is complete, as long as its
// node is there.
func (w *worker) shown() workerShown {
	s := workerShown{Worker: w.info, AvailabilityGroups: []string{}, RunningTasks: []string{}, LastCompleted: w.completed}
	for _, id := range slices.Sorted(maps.Keys(w.statuses)) {
		a := w.statuses[id]
		s.CurrCapacityUsed += a.Resource.RequiredCapacity
		s.AvailabilityGroups = append(s.AvailabilityGroups, a.Resource.AvailabilityGroup)
		s.RunningTasks = append(s.RunningTasks, id)
	}
	slices.Sort(s.AvailabilityGroups)
	s.AvailabilityGroups = slices.Compact(s.AvailabilityGroups)
	if !w.blacklisted.IsZero() {
		until := druid.At(w.blacklisted)
		s.BlacklistedUntil = &until
	}
	return s
}
