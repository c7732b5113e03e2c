package metadata

import "sync"

// journal is which rows of druid_segments this process has changed lately, so that a Follower need not look at all of
// them. What others change is not in it.
type journal struct {
	mu    sync.Mutex // guards the fields below
	ids   []string
	first int // the number of the first that is still there
}

// keptInJournal is how many changes are remembered at least, and twice that at most. Whoever falls behind looks at
// everything.
const keptInJournal = 1 << 16

// add records changes that have been committed.
func (j *journal) add(ids []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ids = append(j.ids, ids...)
	if over := len(j.ids) - keptInJournal; over > keptInJournal {
		j.ids = append([]string(nil), j.ids[over:]...)
		j.first += over
	}
}

// since returns the changes from a number on and the number of the next one, and whether none has been forgotten.
func (j *journal) since(number int) (ids []string, next int, all bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	next = j.first + len(j.ids)
	if number < j.first {
		return nil, next, false
	}
	return append([]string(nil), j.ids[number-j.first:]...), next, true
}
