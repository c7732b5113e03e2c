package scenario

// use is what a verb is aimed at, and how it is written once.
type use struct{ aims, example string }

// What verbs are aimed at.
const (
	aimsNode      = "node"
	aimsLink      = "link"
	aimsZooKeeper = "zookeeper"
	aimsSegment   = "segment"
	aimsTask      = "task"
	aimsCluster   = "cluster"
)

// uses has a row for each verb.
var uses = map[string]use{
	"kill":              {aimsNode, "kill coordinator@leader for 20s"},
	"stop":              {aimsNode, "stop overlord@leader for 20s"},
	"start":             {aimsNode, "start coordinator-1"},
	"restart":           {aimsNode, "restart historical-1"},
	"pause":             {aimsNode, "pause coordinator@leader for 10s"},
	"resume":            {aimsNode, "resume coordinator-1"},
	"partition":         {aimsLink, "partition historical-1 from zookeeper for 10s"},
	"cut":               {aimsLink, "cut historical-1 from zookeeper for 10s"},
	"delay":             {aimsLink, "delay historical-1 from zookeeper by 200ms for 10s"},
	"bandwidth":         {aimsLink, "bandwidth historical-1 rate 64KiB for 10s"},
	"drop":              {aimsLink, "drop historical-1 from zookeeper share 30% for 10s"},
	"reset":             {aimsLink, "reset historical-1 from zookeeper frames 3"},
	"zk_error":          {aimsZooKeeper, "zk_error coordinator@leader code ConnectionLoss op create path /druid/loadQueue/**"},
	"zk_drop_request":   {aimsZooKeeper, "zk_drop_request coordinator@leader op create path /druid/loadQueue/**"},
	"zk_drop_reply":     {aimsZooKeeper, "zk_drop_reply coordinator@leader op create path /druid/loadQueue/**"},
	"zk_delay":          {aimsZooKeeper, "zk_delay coordinator@leader op create path /druid/loadQueue/** by 2s"},
	"zk_down":           {aimsZooKeeper, "zk_down for 5s"},
	"zk_readonly":       {aimsZooKeeper, "zk_readonly for 5s"},
	"zk_disk_full":      {aimsZooKeeper, "zk_disk_full for 5s"},
	"zk_slow_sync":      {aimsZooKeeper, "zk_slow_sync by 200ms for 10s"},
	"zk_disconnect":     {aimsZooKeeper, "zk_disconnect historical-1"},
	"expire_session":    {aimsZooKeeper, "expire_session historical-1"},
	"disconnect":        {aimsLink, "disconnect historical-1"},
	"http_error":        {aimsLink, "http_error overlord status 503 method POST path /druid/indexer/v1/task"},
	"http_delay":        {aimsLink, "http_delay overlord method POST path /druid/indexer/** by 1s"},
	"http_drop_request": {aimsLink, "http_drop_request overlord method POST path /druid/indexer/v1/task"},
	"http_drop_reply":   {aimsLink, "http_drop_reply overlord method POST path /druid/indexer/v1/task"},
	"http_double":       {aimsLink, "http_double coordinator method POST path /druid/coordinator/v1/rules/*"},
	"disk_full":         {aimsNode, "disk_full historical-1 for 10s"},
	"disk_slow":         {aimsNode, "disk_slow historical-1 by 10ms for 10s"},
	"disk_readonly":     {aimsNode, "disk_readonly historical-1 for 10s"},
	"corrupt":           {aimsSegment, "corrupt historical-1 path /**/00000.smoosh"},
	"vanish":            {aimsSegment, "vanish historical-1 path /**/00000.smoosh"},
	"clock":             {aimsNode, "clock coordinator@leader ahead 1h for 10s"},
	"slow_load":         {aimsSegment, "slow_load historical-1 by 2s for 20s"},
	"fail_load":         {aimsSegment, "fail_load historical-1"},
	"slow_task":         {aimsTask, "slow_task middlemanager-1 by 5s"},
	"fail_task":         {aimsTask, "fail_task middlemanager-1"},
	"submit":            {aimsTask, `submit json {"type":"noop","runTime":5000}`},
	"publish":           {aimsSegment, "publish wiki segments 3"},
	"mark_unused":       {aimsSegment, "mark_unused wiki"},
	"rules":             {aimsSegment, `rules wiki json [{"type":"loadForever","tieredReplicants":{"_default_tier":1}}]`},
	"configure":         {aimsCluster, `configure json {"maxSegmentsToMove":1}`},
	"push":              {aimsTask, "push wiki rows 100"},
	"scale":             {aimsCluster, "scale historical count 3"},
	"heal":              {aimsCluster, "heal"},
}

// Aims says what the verb is aimed at: node, link, zookeeper, segment, task or cluster.
func (v Verb) Aims() string { return uses[v.Name].aims }

// Example is how the verb is written once.
func (v Verb) Example() string { return uses[v.Name].example }
