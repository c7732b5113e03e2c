package druid

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// nameLimit is the longest name in bytes: a file name may have 255, and the suffixes of
// a task's log take up to twelve.
const nameLimit = 255 - len(".report.json")

// workerFiles are the names in a worker's task directory that are not tasks:
// WorkerTaskManager, ForkingTaskRunner.
var workerFiles = []string{"assignedTasks", "completedTasks", "restore.json", "workerTaskManagerTmp"}

// CheckTaskID refuses an id that cannot name the assignment's znode, the task's
// directory on the worker and the files of its log. 0.14.0 accepts any: one with a
// slash makes two znodes, which no worker sees and which block its worker for five
// minutes.
func CheckTaskID(id string) error {
	if slices.Contains(workerFiles, id) {
		return fmt.Errorf("task id cannot be '%s', which is a file of a worker.", id)
	}
	return checkName("task id", id)
}

// CheckDataSource refuses a datasource that cannot name a directory in deep storage and
// be part of a segment's znode. DataSchema of 0.14.0 refuses only the slash.
func CheckDataSource(name string) error { return checkName("dataSource", name) }

func checkName(what, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%s cannot be null or empty.", what)
	case name == ".", name == "..":
		return fmt.Errorf("%s cannot be '%s'.", what, name)
	case len(name) > nameLimit:
		return fmt.Errorf("%s cannot be longer than %d bytes, it has %d.", what, nameLimit, len(name))
	case !utf8.ValidString(name):
		return fmt.Errorf("%s is not UTF-8: %+q.", what, name)
	case strings.ContainsAny(name, `/\`):
		return fmt.Errorf("%s cannot contain the '%c' character.", what, name[strings.IndexAny(name, `/\`)])
	}
	if i := strings.IndexFunc(name, unfitForZnode); i >= 0 {
		r, _ := utf8.DecodeRuneInString(name[i:])
		return fmt.Errorf("%s cannot contain the character %U, which ZooKeeper refuses in a path.", what, r)
	}
	return nil
}

// unfitForZnode is PathUtils.validatePath of ZooKeeper.
func unfitForZnode(r rune) bool {
	return r <= 0x1f || r >= 0x7f && r <= 0x9f || r >= 0xd800 && r <= 0xf8ff || r >= 0xfff0 && r <= 0xffff
}

// kindsOfWriters are the kinds of tasks that write segments to their datasource.
var kindsOfWriters = []string{
	"index", "index_parallel", "index_sub", "index_hadoop", "index_realtime", "index_realtime_appenderator", "compact", "append", "merge",
	"same_interval_merge",
}

// CheckNames refuses a task whose names would break the files and znodes made for it.
func (t Task) CheckNames() error {
	if slices.Contains(kindsOfWriters, t.Type) {
		if err := CheckDataSource(t.DataSource); err != nil {
			return err
		}
	}
	return CheckTaskID(t.ID)
}
