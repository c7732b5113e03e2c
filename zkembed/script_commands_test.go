package zkembed_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"oakmoot/internal/zk/zkwire"
	"oakmoot/zkembed"
)

// scriptCommands are the words of the scripts. A client's name comes first.
var scriptCommands map[string]func(*play, scriptArgs) string

func init() { // the table and multi know each other
	scriptCommands = map[string]func(*play, scriptArgs) string{
		"options": doOptions, "connect": doConnect, "advance": doAdvance, "expire": doExpire, "restart": doRestart,
		"dump": doDump, "commits": doCommits, "sessions": doSessions, "fail": doFail, "heal": doHeal, "word": doWord,
		"cut": doCut, "raw": doRaw, "frame": doFrame,
		"multi":     func(p *play, a scriptArgs) string { return doMulti(p, zkwire.OpMulti, a) },
		"multiread": func(p *play, a scriptArgs) string { return doMulti(p, zkwire.OpMultiRead, a) },
	}
	for name, op := range requestWords {
		scriptCommands[name] = func(p *play, a scriptArgs) string { return doRequest(p, op, a) }
	}
}

var requestWords = map[string]zkwire.Op{
	"create": zkwire.OpCreate, "create2": zkwire.OpCreate2, "container": zkwire.OpCreateContainer, "createttl": zkwire.OpCreateTTL,
	"delete": zkwire.OpDelete, "deletecontainer": zkwire.OpDeleteContainer, "exists": zkwire.OpExists, "get": zkwire.OpGetData,
	"set": zkwire.OpSetData, "getacl": zkwire.OpGetACL, "setacl": zkwire.OpSetACL, "children": zkwire.OpGetChildren,
	"children2": zkwire.OpGetChildren2, "sync": zkwire.OpSync, "ping": zkwire.OpPing, "reconfig": zkwire.OpReconfig,
	"checkwatches": zkwire.OpCheckWatches, "removewatches": zkwire.OpRemoveWatches, "auth": zkwire.OpAuth,
	"setwatches": zkwire.OpSetWatches, "setwatches2": zkwire.OpSetWatches2, "sasl": zkwire.OpSASL,
	"ephemerals": zkwire.OpGetEphemerals, "count": zkwire.OpAllChildren, "watch": zkwire.OpAddWatch, "whoami": zkwire.OpWhoAmI,
	"close": zkwire.OpCloseSession, "check": zkwire.OpCheck, "unknown": zkwire.Op(4711),
}

func doRequest(p *play, op zkwire.Op, a scriptArgs) string {
	p.client(a).send(op, func(e *zkwire.Encoder) { encodeRequest(p, op, a[1:], e) })
	return ""
}

func (p *play) client(a scriptArgs) *scriptClient {
	c := p.clients[a.at(0)]
	if c == nil {
		p.t.Fatalf("no client %q", a.at(0))
	}
	return c
}

// encodeRequest writes the record of a request, or of a part of a multi.
func encodeRequest(p *play, op zkwire.Op, a scriptArgs, e *zkwire.Encoder) {
	path := strings.ReplaceAll(a.at(0), "\\0", "\x00")
	switch op {
	case zkwire.OpCreate, zkwire.OpCreate2, zkwire.OpCreateContainer, zkwire.OpCreateTTL:
		create := zkwire.CreateRequest{Path: path, Data: a.data("data"), ACL: a.acl(), Flags: a.flags()}
		if create.Encode(e); op == zkwire.OpCreateTTL {
			e.Long(a.duration("ttl").Milliseconds())
		}
	case zkwire.OpDelete, zkwire.OpCheck:
		(&zkwire.VersionRequest{Path: path, Version: a.version()}).Encode(e)
	case zkwire.OpDeleteContainer:
		(&zkwire.DeleteContainerRequest{Path: path}).Encode(e)
	case zkwire.OpExists, zkwire.OpGetData, zkwire.OpGetChildren, zkwire.OpGetChildren2:
		(&zkwire.ReadRequest{Path: path, Watch: a.has("watch")}).Encode(e)
	case zkwire.OpSetData:
		(&zkwire.SetDataRequest{Path: path, Data: a.data("data"), Version: a.version()}).Encode(e)
	case zkwire.OpSetACL:
		(&zkwire.SetACLRequest{Path: path, ACL: a.acl(), Version: a.version()}).Encode(e)
	case zkwire.OpGetACL, zkwire.OpSync, zkwire.OpAllChildren, zkwire.OpGetEphemerals:
		(&zkwire.PathRequest{Path: path}).Encode(e)
	case zkwire.OpAddWatch:
		mode := slices.Index([]string{"persistent", "recursive"}, a.at(1))
		(&zkwire.AddWatchRequest{Path: path, Mode: int32(mode)}).Encode(e)
	case zkwire.OpCheckWatches, zkwire.OpRemoveWatches:
		kind := slices.Index([]string{"", "children", "data", "any", "persistent", "recursive"}, a.at(1))
		(&zkwire.WatcherRequest{Path: path, Type: zkwire.WatcherType(kind)}).Encode(e)
	case zkwire.OpAuth:
		(&zkwire.AuthRequest{Scheme: a.at(0), Credential: []byte(a.at(1))}).Encode(e)
	case zkwire.OpSetWatches, zkwire.OpSetWatches2:
		encodeSetWatches(p, op, a, e)
	case zkwire.OpSASL:
		e.Buffer([]byte("token"))
	case zkwire.OpReconfig:
		(&zkwire.ReconfigRequest{Version: -1}).Encode(e)
	}
}

func encodeSetWatches(p *play, op zkwire.Op, a scriptArgs, e *zkwire.Encoder) {
	r := zkwire.SetWatches2Request{
		SetWatchesRequest: zkwire.SetWatchesRequest{
			Since: p.first + zkwire.Zxid(a.number("since")), Data: a.list("data"), Exist: a.list("exist"), Child: a.list("child"),
		},
		Persistent: a.list("persistent"), Recursive: a.list("recursive"),
	}
	if op == zkwire.OpSetWatches {
		r.SetWatchesRequest.Encode(e)
		return
	}
	r.Encode(e)
}

// doMulti sends parts, which are separated by |.
func doMulti(p *play, op zkwire.Op, a scriptArgs) string {
	p.client(a).send(op, func(e *zkwire.Encoder) {
		for part := range strings.SplitSeq(strings.Join(a[1:], " "), "|") {
			fields := strings.Fields(part)
			if len(fields) == 0 {
				continue
			}
			(&zkwire.MultiHeader{Op: requestWords[fields[0]], Code: -1}).Encode(e)
			encodeRequest(p, requestWords[fields[0]], fields[1:], e)
		}
		zkwire.MultiEnd.Encode(e)
	})
	return ""
}

func (a scriptArgs) data(key string) []byte {
	switch text, ok := a.get(key); {
	case !ok:
		return []byte{}
	case text == "null":
		return nil
	case strings.HasPrefix(text, "x*"): // that many bytes
		n, _ := strconv.Atoi(text[2:])
		return []byte(strings.Repeat("x", n))
	default:
		return []byte(text)
	}
}

func (a scriptArgs) acl() []zkwire.ACL {
	if text, ok := a.get("acl"); ok {
		return parseACL(text)
	}
	return zkwire.OpenACL
}

func (a scriptArgs) flags() int32 {
	if text, ok := a.get("flags"); ok {
		n, _ := strconv.ParseInt(text, 10, 32)
		return int32(n)
	}
	var flags int32
	for word, flag := range map[string]int32{"ephemeral": zkwire.FlagEphemeral, "sequential": zkwire.FlagSequential} {
		if a.has(word) {
			flags |= flag
		}
	}
	return flags
}

func (a scriptArgs) version() zkwire.Version {
	if _, ok := a.get("version"); !ok {
		return -1
	}
	return zkwire.Version(a.number("version"))
}

func (a scriptArgs) number(key string) int64 {
	text, _ := a.get(key)
	n, _ := strconv.ParseInt(text, 0, 64)
	return n
}

func (a scriptArgs) duration(key string) time.Duration {
	text, _ := a.get(key)
	d, _ := time.ParseDuration(text)
	return d
}

func (a scriptArgs) list(key string) []string {
	text, ok := a.get(key)
	if !ok {
		return []string{}
	}
	return strings.Split(text, ",")
}

// doOptions changes the server's settings; it comes before everything else.
func doOptions(p *play, a scriptArgs) string {
	if p.srv != nil {
		p.t.Fatal("options come first")
	}
	p.opts.Tick, p.opts.ContainerCheck = a.duration("tick"), a.duration("container-check")
	p.opts.EnforceQuota, p.opts.SkipACL = a.has("enforce-quota"), a.has("skip-acl")
	if schemes, ok := a.get("enforce-auth"); ok {
		p.opts.EnforceAuth = strings.Split(schemes, ",")
	}
	p.opts.MaxConnections, p.opts.MaxFrame = int(a.number("max-connections")), int(a.number("max-frame"))
	if words, ok := a.get("words"); ok {
		p.opts.Words = strings.Split(words, ",")
	}
	p.opts.ExtendedTypes = a.has("extended-types")
	if a.has("data") {
		p.opts.DataDir = p.t.TempDir()
	}
	return ""
}

// doConnect opens a session, or asks for that of another client.
func doConnect(p *play, a scriptArgs) string {
	c := p.dial(a.at(0))
	r := zkwire.ConnectRequest{Timeout: 10 * time.Second, Password: make([]byte, zkwire.PasswordLength), HasReadOnly: a.has("read-only-flag")}
	if d := a.duration("timeout"); d != 0 {
		r.Timeout = d
	}
	if of, ok := a.get("session-of"); ok {
		p.settle()
		r.Session, r.Password = p.clients[of].session, p.clients[of].pass
	}
	if a.has("wrong-password") {
		r.Password = make([]byte, zkwire.PasswordLength)
	}
	if _, ok := a.get("last-zxid"); ok {
		r.LastZxid = p.first + zkwire.Zxid(a.number("last-zxid"))
	}
	var e zkwire.Encoder
	r.Encode(&e)
	c.write(e.Buf)
	return ""
}

func doAdvance(_ *play, a scriptArgs) string {
	d, err := time.ParseDuration(a.at(0))
	if err != nil {
		return err.Error()
	}
	time.Sleep(d)
	return ""
}

func doExpire(p *play, a scriptArgs) string {
	p.settle()
	if err := p.srv.Expire(p.t.Context(), zkembed.SessionID(p.client(a).session)); err != nil {
		return strings.ReplaceAll(err.Error(), fmt.Sprintf("0x%x", int64(p.client(a).session)), "of "+a.at(0))
	}
	return ""
}

func doRestart(p *play, _ scriptArgs) string {
	if err := p.srv.Restart(p.t.Context()); err != nil {
		return err.Error()
	}
	return ""
}

func doDump(p *play, _ scriptArgs) string {
	text, err := p.server().Dump(p.t.Context())
	if err != nil {
		return err.Error()
	}
	return p.names(text)
}

// names replaces session ids with the names of clients.
func (p *play) names(text string) string {
	for id, name := range p.owners {
		text = strings.ReplaceAll(text, fmt.Sprintf("0x%x", int64(id)), name)
	}
	return text
}

func doSessions(p *play, _ scriptArgs) string {
	p.settle()
	list, err := p.srv.Sessions(p.t.Context())
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, s := range list {
		fmt.Fprintf(&b, "%s, timeout %v, %d ephemerals, connected %v\n", p.owner(zkwire.SessionID(s.ID)), s.Timeout, s.Ephemerals, s.Remote != "")
	}
	return b.String()
}

// doCommits prints the commits since it was last used.
func doCommits(p *play, _ scriptArgs) string {
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Millisecond) // virtual: enough for all of them
	defer cancel()
	var b strings.Builder
	for c, err := range p.srv.Commits(ctx, zkembed.Zxid(p.told+1)) {
		if err != nil {
			return err.Error()
		}
		p.told = zkwire.Zxid(c.Zxid)
		fmt.Fprintf(&b, "%s of %s: %s: %s %s", p.zxid(zkwire.Zxid(c.Zxid)), p.owner(zkwire.SessionID(c.Session)), c.Op, c.Kind, c.Path)
		if c.Before != nil || c.After != nil {
			fmt.Fprintf(&b, " %s to %s", quoteData(c.Before), quoteData(c.After))
		}
		if c.Owner != 0 {
			fmt.Fprintf(&b, ", owned by %s", p.owner(zkwire.SessionID(c.Owner)))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

var scriptActions = map[string]zkembed.Action{
	"error": zkembed.ActError, "drop-request": zkembed.ActDropRequest, "drop-reply": zkembed.ActDropReply,
	"disconnect": zkembed.ActDisconnect, "expire": zkembed.ActExpire, "delay": zkembed.ActDelay,
}

func doFail(p *play, a scriptArgs) string {
	op, _ := a.get("op")
	path, _ := a.get("path")
	p.undo = p.server().Fail(zkembed.Rule{
		Op: op, Path: path, Skip: int(a.number("skip")), Times: int(a.number("times")), Action: scriptActions[a.at(0)],
		Code: zkembed.Code(a.number("code")), Delay: a.duration("delay"),
	})
	return ""
}

func doHeal(p *play, _ scriptArgs) string {
	p.undo()
	return ""
}

// doWord asks a four-letter word.
func doWord(p *play, a scriptArgs) string {
	nc, err := p.server().Dial(p.t.Context())
	if err != nil {
		return err.Error()
	}
	defer nc.Close()
	if _, err := io.WriteString(nc, strings.Join(a, " ")); err != nil {
		return err.Error()
	}
	answer, _ := io.ReadAll(nc) // however it ends
	return "| " + strings.ReplaceAll(strings.TrimSuffix(p.names(string(answer)), "\n"), "\n", "\n| ")
}

func doCut(p *play, a scriptArgs) string {
	p.client(a).net.Close()
	return ""
}

// doRaw sends bytes that are given in hexadecimal, on a connection that may be new.
func doRaw(p *play, a scriptArgs) string {
	c := p.clients[a.at(0)]
	if c == nil {
		c = p.dial(a.at(0))
	}
	if _, err := c.net.Write(unhex(strings.Join(a[1:], ""))); err != nil {
		return err.Error()
	}
	return ""
}

// doFrame sends a request that is given in hexadecimal, header and all.
func doFrame(p *play, a scriptArgs) string {
	c, payload := p.client(a), unhex(strings.Join(a[1:], ""))
	var h zkwire.RequestHeader
	h.Decode(zkwire.NewDecoder(payload))
	c.waiting = append(c.waiting, sent{h.Xid, h.Op})
	c.write(payload)
	return ""
}
