package zkembed

import "testing"

func TestUseOfAQuotaIsRightAfterARestart(t *testing.T) {
	const quota, stats = "/zookeeper/quota/a", "/zookeeper/quota/a/zookeeper_stats"
	opts := Options{DataDir: t.TempDir()}
	st, err := load(New(opts), nil)
	if err != nil {
		t.Fatal(err)
	}
	commitEach(t, st,
		createEffect("/a", "12"),
		createEffect(quota, ""),
		createEffect(quota+"/zookeeper_limits", "count=9,bytes=-1"),
		createEffect(stats, "count=0,bytes=0"),
		createEffect("/a/b", "345"),
	)
	const want = "count=2,bytes=5"
	if got := string(st.tree.Lookup(stats).Data()); got != want {
		t.Errorf("before: got %s, want %s", got, want)
	}
	st.log.Close()
	st, err = loaded(t, opts)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(st.tree.Lookup(stats).Data()); got != want {
		t.Errorf("after a restart: got %s, want %s", got, want)
	}
}
