package node

import (
	"io"
	"net/http"
	"time"

	"oakmoot/internal/druid"
)

// ReadTask reads the task in a request's body, which comes now, which may have at most limit bytes and must pass the checks. It
// answers for anything that is not a task, as Druid does, and then returns false.
func ReadTask(w http.ResponseWriter, r *http.Request, now time.Time, limit int64, checks ...func(body []byte) error) (druid.Task, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	for _, check := range checks {
		if err == nil {
			err = check(body)
		}
	}
	if err != nil {
		WriteRefused(w, err)
		return druid.Task{}, false
	}
	task, err := druid.ParseTask(body, druid.At(now))
	if err != nil {
		WriteError(w, http.StatusBadRequest, err.Error())
		return druid.Task{}, false
	}
	return task, true
}
