package control_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

func TestAFaultThatTakesItsTimeHasBegun(t *testing.T) {
	post := func(b *backend) (answer map[string]any) {
		resp, err := http.Post("http://"+serve(t, b, "")+"/api/fault", "application/json", strings.NewReader(`{"do":"stop historical-1","begin":true}`))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("got %s, %v", resp.Status, err)
		}
		return answer
	}
	if quick := post(&backend{}); quick["id"] != "f1" {
		t.Errorf("got %v, want the fault, which is done", quick)
	}
	if slow := post(&backend{hold: make(chan struct{})}); slow["begun"] != true || slow["do"] != "stop historical-1" {
		t.Errorf("got %v, want that it has begun", slow)
	}
}

func TestAFaultThatCannotBeDoneNowIsAConflict(t *testing.T) {
	for body, want := range map[string]int{
		`{"do":"kill overlord@leader"}`:              http.StatusConflict,
		`{"do":"kill overlord@leader","begin":true}`: http.StatusConflict,
		`{"do":"nonsense"}`:                          http.StatusBadRequest,
	} {
		resp, err := http.Post("http://"+serve(t, &backend{}, "")+"/api/fault", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: got %s, want %d", body, resp.Status, want)
		}
	}
}
