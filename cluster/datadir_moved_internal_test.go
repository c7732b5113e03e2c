package cluster

import "testing"

func TestPathsOfADirectoryThatMovedAreRewritten(t *testing.T) {
	for _, test := range []struct{ from, to, text, want string }{
		{"/a/data", "/a/data2", `{"path":"/a/data/segments/x.zip"}`, `{"path":"/a/data2/segments/x.zip"}`},
		{"/a/data", "/b", `["/a/data","/a/data/","/a/data3/x","x/a/data/y"," /a/data/z"]`, `["/b","/b/","/a/data3/x","x/a/data/y"," /a/data/z"]`},
		{"/a/data", "/a/data/copy", `["/a/data/x","/a/data/copy/y"]`, `["/a/data/copy/x","/a/data/copy/y"]`},
		{"/a/data/copy", "/a/data", `["/a/data/copy/x","/a/data/y"]`, `["/a/data/x","/a/data/y"]`},
		{"/a", "/b", `{"text":"say \"/a/b\" aloud"}`, `{"text":"say \"/a/b\" aloud"}`},
		{`/a"b`, `/c\d`, `["/a\"b/x"]`, `["/c\\d/x"]`},
		{"/a&<b>", "/é", `["/a&<b>/x"]`, `["/é/x"]`},
		{"/a", "/b", `"/a/x`, `"/b/x`},
		{"/a", "/b", `/a/x`, `/a/x`},
		{"/a", "/b", `"/a`, `"/a`},
		{"/a", "/b", "", ""},
		{"/a", "/b", "\x00\xff", "\x00\xff"},
	} {
		if got := string((move{test.from, test.to}).rewrite([]byte(test.text))); got != test.want {
			t.Errorf("%s to %s, %s: got %s, want %s", test.from, test.to, test.text, got, test.want)
		}
	}
}
