package observe

import (
	"fmt"

	"oakmoot/internal/druid"
	"oakmoot/internal/zk/zkpath"
)

// workerKind is a middleManager's announcement of itself.
var workerKind = znodeKind{
	decode: reads[druid.Worker],
	host:   pathsServer,
	show: func(s *Shown, e *entry, put bool) {
		if w, ok := e.says.(druid.Worker); ok {
			set(s.workers, put, e.Server, e.path, w)
			s.show("middlemanager", e.Server, e, put)
		}
	},
	tell: func(e *Event, s story) {
		e.Protocol, e.Subject = Task, s.Server
		e.Verb = s.choose("worker announced", "worker enabled", "worker gone")
		worker, ok := s.says.(druid.Worker)
		if !ok {
			return
		}
		if s.Op != OpDelete && worker.Version == "" {
			e.Verb = "worker disabled"
		}
		e.Detail = fmt.Sprintf("capacity %d", worker.Capacity)
	},
}

// assignmentKind is a task that has been assigned to a worker and not taken yet.
var assignmentKind = znodeKind{
	decode: func(zkpath.Parsed, []byte) any { return nil },
	show:   showTask,
	tell: func(e *Event, s story) {
		e.Protocol, e.Subject, e.Peer = Task, s.Name, s.Server
		e.Verb = s.choose("task assigned", "assignment changed", s.unlessLapsed("task taken", "assignment lapsed"))
	},
}

// taskStatusKind is the status of a task on its worker.
var taskStatusKind = znodeKind{
	decode: reads[druid.TaskAnnouncement],
	show:   showTask,
	tell: func(e *Event, s story) {
		status, _ := s.says.(druid.TaskAnnouncement) // if the content is foreign, the path still helps
		e.Protocol, e.Subject, e.Peer = Task, s.Name, s.Server
		e.Verb = s.choose("task status", "task status", "task status removed")
		if s.Op != OpDelete {
			e.Verb += " " + status.Status.Status
		}
		if status.Location.Host != "" {
			e.Detail = fmt.Sprintf("at %s:%d", status.Location.Host, status.Location.Port)
		}
	},
}

// showTask records which worker a task runs on.
func showTask(s *Shown, e *entry, put bool) {
	set(s.runsOn, put, e.Name, e.path, e.Server)
}
