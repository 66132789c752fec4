// peer.go - the peers in Go: "peer http FILE", "peer echo" (both print "listening on HOST:PORT") "peer fibers" and "peer across".
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	fmt.Printf("listening on %s\n", listener.Addr())
	return listener
}

func serveHTTP(file string) {
	body, err := os.ReadFile(file)
	fail(err)
	length := strconv.Itoa(len(body))
	fail(http.Serve(listen(), http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		response.Header().Set("Content-Type", "text/html; charset=utf-8")
		response.Header().Set("Content-Length", length)
		response.Write(body)
	})))
}

func echo(client net.Conn) {
	defer client.Close()
	buffer := make([]byte, 4096)
	for {
		size, err := client.Read(buffer)
		if err != nil {
			return
		}
		if _, err = client.Write(buffer[:size]); err != nil {
			return
		}
	}
}

func serveEcho() {
	listener := listen()
	for {
		client, err := listener.Accept()
		fail(err)
		go echo(client)
	}
}

func cpu() float64 {
	var usage syscall.Rusage
	fail(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano() + usage.Stime.Nano())
}

func fibers() {
	const switches, spawns = 1000000, 500000
	done := make(chan bool)
	turns := func() {
		for i := 0; i < switches; i++ {
			runtime.Gosched()
		}
	}
	began := cpu()
	go func() { turns(); done <- true }()
	turns()
	<-done
	fmt.Printf("switch %.2f\n", (cpu()-began)/(2*switches))
	began = cpu()
	for i := 0; i < spawns; i++ {
		go func() { done <- true }()
		<-done
	}
	fmt.Printf("spawn %.2f\n", (cpu()-began)/spawns)
	began = cpu()
	pass(switches)
	fmt.Printf("channel %.2f\n", (cpu()-began)/switches)
}

func pass(messages int) {
	numbers := make(chan int)
	go func() {
		for i := 0; i < messages; i++ {
			numbers <- i
		}
	}()
	for i := 0; i < messages; i++ {
		<-numbers
	}
}

// A message between two threads, in time that passes. Run it with GOMAXPROCS=2.
func across() {
	const messages = 200000
	began := time.Now()
	pass(messages)
	fmt.Printf("across %.2f\n", float64(time.Since(began).Nanoseconds())/messages)
}

func main() {
	switch os.Args[1] {
	case "http":
		serveHTTP(os.Args[2])
	case "echo":
		serveEcho()
	case "fibers":
		fibers()
	case "across":
		across()
	}
}
