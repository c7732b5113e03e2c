package zkembed

import "testing"

func TestUseOfAQuotaIsRightAfterARestart(t *testing.T) {
	opts := Options{DataDir: t.TempDir()}
	st, err := New(opts).load(nil)
	if err != nil {
		t.Fatal(err)
	}
	commitEach(t, st,
		createEffect("/a", "12"),
		createEffect(quotaRoot+"/a", ""),
		createEffect(quotaRoot+"/a"+quotaLimits, "count=9,bytes=-1"),
		createEffect(quotaRoot+"/a"+quotaStats, "count=0,bytes=0"),
		createEffect("/a/b", "345"),
	)
	const want = "count=2,bytes=5"
	if got := string(st.tree.lookup(quotaRoot + "/a" + quotaStats).data()); got != want {
		t.Errorf("before: got %s, want %s", got, want)
	}
	st.close()
	st, err = loaded(t, opts)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(st.tree.lookup(quotaRoot + "/a" + quotaStats).data()); got != want {
		t.Errorf("after a restart: got %s, want %s", got, want)
	}
}
