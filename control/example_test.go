package control_test

import (
	"context"
	"fmt"
	"time"

	"oakmoot/cluster"
	"oakmoot/control"
)

// A cluster with a control address is one that the oakmoot command and the page can reach;
// a Client does what the command does.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	c, err := cluster.New(cluster.Small(), control.On("127.0.0.1:0", ""))
	if err != nil {
		fmt.Println(err)
		return
	}
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	<-c.Ready()

	client := control.Client{Address: c.Addresses().Control}
	fmt.Println(client.Wait(ctx, "leaders(coordinator) == 1", time.Minute))
	fault, err := client.Fault(ctx, "stop broker-1")
	fmt.Println(fault.Do, err)
	status, err := client.Status(ctx)
	fmt.Println(status.Leaders["coordinator"], err)
	cancel()
	fmt.Println(<-done)
	// Output:
	// <nil>
	// stop broker-1 <nil>
	// coordinator-1 <nil>
	// <nil>
}
