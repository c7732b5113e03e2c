package historical

import (
	"context"
	"errors"
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkconn"
)

// request is an entry of the load queue.
type request struct {
	druid.ChangeRequest
	path   string
	failed []*location // in which a load has failed
}

// parseRequest reads an entry. Only its content counts, not its name.
func parseRequest(path string, data []byte) (request, error) {
	r := request{path: path}
	read, err := druid.ReadRequest(data)
	if err != nil {
		return r, err
	}
	r.ChangeRequest = *read
	switch r.Action {
	case druid.ActionLoad, druid.ActionDrop:
		if r.Segment.DataSource == "" || r.Segment.Version == "" {
			return r, errors.New("a segment needs a dataSource, an interval and a version")
		}
		return r, nil
	case druid.ActionNoop:
		return r, nil
	}
	return r, fmt.Errorf("unknown action %q", r.Action)
}

// acknowledge deletes the entry. That says that it was tried, not that it succeeded: only announcements say what is
// served.
func (h *handler) acknowledge(ctx context.Context, r request) {
	if plantedKeepsRequests {
		return
	}
	err := h.zc.Delete(ctx, r.path, -1)
	if err != nil && !errors.Is(err, zkconn.ErrNoNode) && ctx.Err() == nil {
		h.log.Error("load queue entry not deleted", "path", r.path, "error", err)
	}
}
