package metadata

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"oakmoot/internal/druid"
)

// followed keeps what a Follower has told of, by id.
type followed map[string]*druid.DataSegment

func (all followed) look(t *testing.T, f *Follower) Followed {
	t.Helper()
	c := must[Followed](t)(f.Changes(t.Context()))
	for _, id := range c.Gone {
		delete(all, id.String())
	}
	for _, s := range c.Added {
		all[s.ID().String()] = s
	}
	return c
}

func (all followed) is(t *testing.T, s *Store, when string) {
	t.Helper()
	var got, want []string
	for id := range all {
		got = append(got, id)
	}
	for _, one := range must[[]druid.DataSegment](t)(s.Used(t.Context())) {
		want = append(want, one.ID().String())
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("%s: got\n%s\nwant\n%s", when, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestFollowerKnowsWhatIsUsed: whatever this process and another one do to the rows, a Follower that looks now and then
// comes to the same as one that reads everything.
func TestFollowerKnowsWhatIsUsed(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		rng, follower, all := rand.New(rand.NewPCG(1, 2)), s.Follow(), followed{}
		foreign := func(statement string, args ...any) {
			t.Helper()
			must[int](t)(s.elsewhere(t).exec(t.Context(), statement, args...))
		}
		for i := range 60 {
			one := day(1+rng.IntN(9), version(fmt.Sprint("v", rng.IntN(3))), func(d *druid.DataSegment) { d.DataSource = fmt.Sprint("ds", rng.IntN(3)) })
			var err error
			what := rng.IntN(9)
			switch what {
			case 0, 1, 2:
				_, err = s.Insert(t.Context(), []druid.DataSegment{one})
			case 3:
				_, err = s.MarkUnused(t.Context(), one.ID())
			case 4:
				_, err = s.MarkUsed(t.Context(), one.ID())
			case 5:
				err = s.Nuke(t.Context(), []druid.DataSegment{one})
			case 6:
				_, err = s.MarkDataSourceUnused(t.Context(), one.DataSource)
			case 7:
				foreign("UPDATE druid_segments SET used = NOT used WHERE dataSource = ?", one.DataSource)
			case 8:
				follower.Forget(one.ID())
				delete(all, one.ID().String())
			}
			if err != nil {
				t.Fatal(err)
			}
			if rng.IntN(3) > 0 {
				c := all.look(t, follower)
				all.is(t, s, fmt.Sprint("after change ", i, " of kind ", what))
				if c.Used != len(all) {
					t.Fatalf("got %d used, want %d", c.Used, len(all))
				}
			}
		}
	})
}

// elsewhere is the same database as another process uses it.
func (s *Store) elsewhere(t *testing.T) conn {
	t.Helper()
	if s.dialect.numbered {
		return s.reads()
	}
	var at string
	if err := s.reader.QueryRow("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&at); err != nil {
		t.Fatal(err)
	}
	other := must[*Store](t)(Open(t.Context(), at))
	t.Cleanup(func() { _ = other.Close() })
	return conn{other.dialect, other.ledger, other.clock, nil, other.writer}
}

func TestFollowerTriesUnreadableRowsAgain(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		insert(t, s, day(1))
		insert(t, s, day(2))
		follower, all := s.Follow(), followed{}
		payload := must[[]byte](t)(first(t.Context(), s.reads(), single[[]byte], "SELECT payload FROM druid_segments WHERE id = ?", day(1).ID().String()))
		set := func(payload string) {
			must[int](t)(s.elsewhere(t).exec(t.Context(), "UPDATE druid_segments SET payload = ? WHERE id = ?", []byte(payload), day(1).ID().String()))
		}
		set("spoilt")
		for range 2 {
			all.look(t, follower)
			if _, there := all[day(1).ID().String()]; there || len(all) != 1 {
				t.Fatalf("got %v, want the readable row only", all)
			}
		}
		if left := must[[]UnreadableRow](t)(s.Unreadable(t.Context())); len(left) != 1 {
			t.Errorf("got %v, want the unreadable row", left)
		}
		set(string(payload))
		all.look(t, follower)
		all.is(t, s, "when the row can be read again")
		if left := must[[]UnreadableRow](t)(s.Unreadable(t.Context())); len(left) != 0 {
			t.Errorf("got %v, want no unreadable row", left)
		}
	})
}

func TestFollowerReadsAPayloadOnce(t *testing.T) {
	overEach(t, func(t *testing.T, s *Store) {
		insert(t, s, day(1))
		follower, all := s.Follow(), followed{}
		all.look(t, follower)
		changed := day(1, func(d *druid.DataSegment) { d.Size = 7 })
		if err := s.UpdateMetadata(t.Context(), []druid.DataSegment{changed}); err != nil {
			t.Fatal(err)
		}
		if c := all.look(t, follower); len(c.Added)+len(c.Gone) != 0 {
			t.Errorf("got %v, want no change: SQLMetadataSegmentManager keeps the segments that it knows", c)
		}
	})
}

func TestFollowerThatFellBehindLooksAtEverything(t *testing.T) {
	s := newStore(t)
	insert(t, s, day(1))
	insert(t, s, day(2))
	follower, all := s.Follow(), followed{}
	all.look(t, follower)
	must[int](t)(s.MarkUnused(t.Context(), day(1).ID()))
	s.journal.add(make([]string, 2*keptInJournal+1))
	all.look(t, follower)
	all.is(t, s, "after more changes than the journal keeps")
}

func TestFollowerDoesNotWaitForAWriter(t *testing.T) {
	s := newStore(t)
	insert(t, s, day(1))
	follower, all := s.Follow(), followed{}
	all.look(t, follower)
	err := s.write(t.Context(), "write for long", func(conn) error {
		all.look(t, follower)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	insert(t, s, day(2))
	all.look(t, follower)
	all.is(t, s, "after a look while somebody was writing")
}

// TestFollowerOfABusyStoreFindsWhatOthersWroteLater: while this process writes it goes by the journal, but not for ever.
func TestFollowerOfABusyStoreFindsWhatOthersWroteLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		insert(t, s, day(1))
		insert(t, s, day(2))
		follower, all := s.Follow(), followed{}
		all.look(t, follower)
		must[int](t)(s.elsewhere(t).exec(t.Context(), "UPDATE druid_segments SET used = false WHERE id = ?", day(1).ID().String()))
		insert(t, s, day(3))
		err := s.write(t.Context(), "write for long", func(conn) error {
			for range unaskedLooks {
				all.look(t, follower)
				if len(all) != 3 {
					t.Fatalf("got %d used, want those by the journal alone: 3", len(all))
				}
			}
			all.look(t, follower)
			all.is(t, s, "after looks that could not ask")
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
