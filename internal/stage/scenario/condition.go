package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Env answers the functions of conditions for one moment of a cluster, which it has
// read before: an answer depends on nothing that was asked earlier.
type Env interface {
	Number(f Function, args []Arg) float64
	SessionTimeout() time.Duration
}

// Arg is an argument of a function.
type Arg struct {
	Text     string   // as it is written, without the mark of what may not be there yet
	Selector Selector // of an argument that selects nodes
	Open     bool     // a datasource that may not be there yet, written "flights?"
	Question Question // of an argument that asks a broker
	metric   int      // where the question names its metric, in bytes from 0
	of       int      // and its datasource
}

// openMark stands behind a datasource that may be unknown.
const openMark = "?"

// Condition is a parsed condition, such as
//
//	leaders(coordinator) == 1 and served(flights) == used(flights)
//
// Numbers are compared with == != < <= > >=, added, subtracted and multiplied;
// comparisons are joined with and, or, not and parentheses. A length of time, "30s" or
// "1.5x session_timeout", is a number of seconds.
type Condition struct {
	text  string
	root  expr
	calls []call
}

// expr is a node of a condition's tree. A number is true when it is not zero.
type expr interface {
	eval(env Env, seen *[]string) float64
}

type (
	number float64
	length Span // of time, in seconds
	call   struct {
		f      Function
		args   []Arg
		column int

		columns []int // of the arguments
	}
	binary struct {
		op   string
		l, r expr
	}
	negation struct{ of expr }
)

// ParseCondition reads a condition.
func ParseCondition(text string) (Condition, error) {
	tokens, err := lex(text)
	if err != nil {
		return Condition{}, err
	}
	p := parser{text: text, tokens: tokens}
	root := p.or()
	if p.err == nil && p.peek().kind != tokenEnd {
		p.fail(p.peek(), tooMany(p.peek()))
	}
	if p.err != nil {
		return Condition{}, p.err
	}
	return Condition{text, root, p.calls}, nil
}

// Reads is what has to be read before the condition can be evaluated. It is read
// whole and at once, so that what stands where in the condition does not matter.
func (c Condition) Reads() (sources Source) {
	for _, call := range c.calls {
		sources |= call.f.Reads
	}
	if c.Elects() {
		sources |= FromZooKeeper
	}
	return sources
}

// Questions are what has to be asked of a broker before the condition can be evaluated.
func (c Condition) Questions() (questions []Question) {
	for _, call := range c.calls {
		if call.f.Reads == FromBroker {
			questions = append(questions, call.args[0].Asks())
		}
	}
	return questions
}

// Asks is what a broker is asked for an argument: of a datasource, how many rows it has.
func (a Arg) Asks() Question {
	if a.Question.Of != "" {
		return a.Question
	}
	return Question{Of: "count", DataSource: a.Text}
}

// DataSources reports whether the condition names any datasource that has to be known.
func (c Condition) DataSources() bool {
	for _, call := range c.calls {
		for i, arg := range call.args {
			if call.f.Args[i] == ArgDataSource && arg.Text != "*" && !arg.Open {
				return true
			}
		}
	}
	return false
}

// Check reports the first argument that the universe does not have, and refuses what
// asks nothing.
func (c Condition) Check(u Universe) error {
	if len(c.calls) == 0 {
		return &SyntaxError{Text: c.text, Column: 1, Message: "this asks nothing of the cluster"}
	}
	for _, call := range c.calls {
		for i, arg := range call.args {
			if mistake := checkArgument(call.f, call.f.Args[i], arg, u); mistake != nil {
				return &SyntaxError{Text: c.text, Column: call.columns[i] + mistake.Column - 1, Message: mistake.Message}
			}
		}
	}
	return nil
}

// readArgument reads what stands between a call's parentheses, or says what is wrong
// with it.
func readArgument(kind ArgKind, text string) (arg Arg, mistake *SyntaxError) {
	wrong := func(message string) (Arg, *SyntaxError) {
		return arg, &SyntaxError{Text: text, Column: 1, Message: message}
	}
	arg.Text = text
	if kind != ArgQuestion && strings.ContainsAny(text, "\"'") {
		return wrong(fmt.Sprintf("a %s is written without quotation marks: %s", kind, strings.Trim(text, "\"'")))
	}
	switch kind {
	case ArgSelector, ArgServer:
		s, err := ParseSelector(text)
		if err != nil {
			return arg, err.(*SyntaxError)
		}
		arg.Selector = s
	case ArgDataSource:
		arg.Text, arg.Open = strings.CutSuffix(text, openMark)
		if arg.Text == "" || arg.Open && arg.Text == "*" {
			return wrong(fmt.Sprintf("%q is not a datasource", text))
		}
	case ArgPath:
		if _, err := readsGlob(text); err != nil {
			return wrong(err.Error())
		}
	case ArgQuestion:
		q, words, mistake := readQuestion(text)
		if mistake != nil {
			return arg, mistake
		}
		arg.Question, arg.Text = q, q.String()
		arg.metric, arg.of = words[2].column-1, words[len(words)-1].column-1
	case ArgState:
		if !slices.Contains(TaskStates, text) {
			return wrong(unknown(string(kind), text, TaskStates))
		}
	}
	return arg, nil
}

func checkArgument(f Function, kind ArgKind, arg Arg, u Universe) *SyntaxError {
	wrong := func(message string) *SyntaxError {
		if message == "" {
			return nil
		}
		return &SyntaxError{Text: arg.Text, Column: 1, Message: message}
	}
	switch {
	case kind == ArgKindName:
		return wrong(u.elects(arg.Text))
	case kind == ArgDataSource && f.Reads == FromBroker && arg.Text == "*":
		return wrong(f.Name + " needs a datasource")
	case kind == ArgQuestion:
		return checkQuestion(arg, u)
	case kind == ArgStep && u.Steps != nil && !slices.Contains(u.Steps, arg.Text):
		return wrong(unknown("step", arg.Text, u.Steps))
	case kind == ArgDataSource && u.DataSources != nil && !arg.Open && arg.Text != "*" && !slices.Contains(u.DataSources, arg.Text):
		message := unknown(string(kind), arg.Text, u.DataSources)
		if Nearest(arg.Text, u.DataSources) == "" {
			message += fmt.Sprintf("; one that comes later is written %s(%s%s)", f.Name, arg.Text, openMark)
		}
		return wrong(message)
	case kind != ArgSelector && kind != ArgServer:
		return nil
	}
	if err := arg.Selector.Check(u); err != nil {
		return err.(*SyntaxError)
	}
	if arg.Selector.ZooKeeper() {
		return wrong(f.Name + " counts nodes, and ZooKeeper is none")
	}
	if kind == ArgServer && !arg.Selector.Picks(u, func(n Node) bool { return slices.Contains(u.Serve, n.Kind) }) {
		return wrong(fmt.Sprintf("%q announces no segments: %s do", arg.Text, strings.Join(u.Serve, " and ")))
	}
	return nil
}

// Eval reports whether the condition holds, and what each of its functions answered,
// for whoever asks why: "leaders(coordinator) is 0".
func (c Condition) Eval(env Env) (holds bool, seen string) {
	var answers []string
	v := c.root.eval(env, &answers)
	return v != 0, strings.Join(answers, ", ")
}

func (c Condition) String() string { return c.text }

func (n number) eval(Env, *[]string) float64 { return float64(n) }

func (l length) eval(env Env, _ *[]string) float64 { return Span(l).In(env.SessionTimeout()).Seconds() }

func (c call) eval(env Env, seen *[]string) float64 {
	v := env.Number(c.f, c.args)
	answer := fmt.Sprintf("%s is %s", c, strconv.FormatFloat(v, 'g', -1, 64))
	if !slices.Contains(*seen, answer) {
		*seen = append(*seen, answer)
	}
	return v
}

func (c call) String() string {
	texts := make([]string, len(c.args))
	for i, arg := range c.args {
		texts[i] = arg.Text
	}
	return c.f.Name + "(" + strings.Join(texts, ", ") + ")"
}

func (n negation) eval(env Env, seen *[]string) float64 { return truth(n.of.eval(env, seen) == 0) }

// eval evaluates both sides, whatever the first one comes to: both belong to the answer.
func (b binary) eval(env Env, seen *[]string) float64 {
	l := b.l.eval(env, seen)
	return operators[b.op](l, b.r.eval(env, seen))
}

var operators = map[string]func(l, r float64) float64{
	"==":  func(l, r float64) float64 { return truth(l == r) },
	"!=":  func(l, r float64) float64 { return truth(l != r) },
	"<":   func(l, r float64) float64 { return truth(l < r) },
	"<=":  func(l, r float64) float64 { return truth(l <= r) },
	">":   func(l, r float64) float64 { return truth(l > r) },
	">=":  func(l, r float64) float64 { return truth(l >= r) },
	"+":   func(l, r float64) float64 { return l + r },
	"-":   func(l, r float64) float64 { return l - r },
	"*":   func(l, r float64) float64 { return l * r },
	"and": func(l, r float64) float64 { return truth(l != 0 && r != 0) },
	"or":  func(l, r float64) float64 { return truth(l != 0 || r != 0) },
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// Elects reports whether what the condition asks depends on who leads.
func (c Condition) Elects() bool {
	return slices.ContainsFunc(c.calls, func(call call) bool {
		return slices.ContainsFunc(call.args, func(arg Arg) bool { return arg.Selector.Elects() })
	})
}

// Patterns are the patterns of paths in the condition.
func (c Condition) Patterns() (globs []string) {
	for _, call := range c.calls {
		for i, arg := range call.args {
			if call.f.Args[i] == ArgPath {
				globs = append(globs, arg.Text)
			}
		}
	}
	return globs
}

// Calls reports whether the condition asks a function.
func (c Condition) Calls(function string) bool {
	return slices.ContainsFunc(c.calls, func(call call) bool { return call.f.Name == function })
}
