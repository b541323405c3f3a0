// How does one bring a stage that is not in TypeScript? This one reads confirmed orders and recommends what others bought with the same
// products (ProductsRecommended, which the notification stage mails). It uses nothing of OrderPipeline but the environment contract.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// From SIGTERM to exit; shorter than a pod's 30 s of grace, which end in SIGKILL.
const drainGrace = 25 * time.Second

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	config, err := readConfig(os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := serve(config, log); err != nil {
		log.Error("ended", "error", err.Error())
		os.Exit(1)
	}
}

func serve(c config, log *slog.Logger) error {
	s, err := newStage(c, log)
	if err != nil {
		return err
	}
	stop, release := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer release()
	abandon, giveUp := context.WithCancel(context.Background())
	defer giveUp()
	context.AfterFunc(stop, func() { time.AfterFunc(drainGrace, giveUp) })

	listener, err := net.Listen("tcp", net.JoinHostPort("", strconv.Itoa(c.metricsPort)))
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s.routes(), ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics", "error", err.Error())
		}
	}()
	log.Info("started", "group", c.group, "topics", c.consume)
	s.run(stop, abandon)
	log.Info("drained")
	return server.Close()
}

func (s *stage) routes() http.Handler {
	answer := func(check func() error) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if err := check(); err != nil {
				http.Error(w, err.Error(), http.StatusServiceUnavailable)
				return
			}
			fmt.Fprintln(w, "ok")
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", answer(s.healthy))
	mux.HandleFunc("GET /readyz", answer(s.ready))
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "# TYPE recommendations_messages_consumed_total counter\nrecommendations_messages_consumed_total %d\n", s.consumed.Load())
		fmt.Fprintf(w, "# TYPE recommendations_emitted_total counter\nrecommendations_emitted_total %d\n", s.emitted.Load())
		fmt.Fprintf(w, "# TYPE recommendations_dead_letters_total counter\nrecommendations_dead_letters_total %d\n", s.deadLetters.Load())
		fmt.Fprintf(w, "# TYPE recommendations_learned_orders_total counter\nrecommendations_learned_orders_total %d\n", s.taste.learnedOrders())
	})
	return mux
}
