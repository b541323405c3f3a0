// What does Kubernetes' own autoscaler decide? Writes decisions.json from the controller's functions of Kubernetes 1.36.3, on
// a clock that testing/synctest moves, for rules and loads from a fixed seed.
//
// To write it anew: put this file, in place of the tests there, into pkg/controller/podautoscaler of that Kubernetes, and run
// DECISIONS=<file> go test -run TestDecisions ./pkg/controller/podautoscaler
package podautoscaler

import (
	"context"
	"encoding/json"
	"math/rand"
	"os"
	"testing"
	"testing/synctest"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
)

type total struct{ value int64 }

func (t *total) GetResourceMetric(context.Context, v1.ResourceName, string, labels.Selector, string) (metrics.PodMetricsInfo, time.Time, error) {
	panic("unused")
}
func (t *total) GetRawMetric(string, string, labels.Selector, labels.Selector) (metrics.PodMetricsInfo, time.Time, error) {
	panic("unused")
}
func (t *total) GetObjectMetric(string, string, *autoscalingv2.CrossVersionObjectReference, labels.Selector) (int64, time.Time, error) {
	panic("unused")
}
func (t *total) GetExternalMetric(string, string, labels.Selector) ([]int64, time.Time, error) {
	return []int64{t.value * 1000}, time.Now(), nil
}

type policy struct {
	Type          string `json:"type"`
	Value         int32  `json:"value"`
	PeriodSeconds int32  `json:"periodSeconds"`
}
type rules struct {
	Window   int32    `json:"stabilizationWindowSeconds"`
	Select   string   `json:"selectPolicy"`
	Policies []policy `json:"policies"`
}

// Milliseconds since the first, the metric's total, and the replicas decided on.
type look [3]int64
type sequence struct {
	Min        int32  `json:"minReplicas"`
	Max        int32  `json:"maxReplicas"`
	Up         rules  `json:"scaleUp"`
	Down       rules  `json:"scaleDown"`
	PerReplica int64  `json:"perReplica"`
	Start      int32  `json:"start"`
	Looks      []look `json:"looks"`
}

func randomRules(r *rand.Rand, windows []int32) rules {
	out := rules{Window: windows[r.Intn(len(windows))], Select: []string{"Max", "Max", "Min", "Disabled"}[r.Intn(4)]}
	for n := 1 + r.Intn(2); n > 0; n-- {
		p := policy{Type: "Pods", Value: int32(1 + r.Intn(20)), PeriodSeconds: []int32{15, 30, 60}[r.Intn(3)]}
		if r.Intn(2) == 0 {
			p.Type, p.Value = "Percent", []int32{10, 25, 50, 100}[r.Intn(4)]
		}
		out.Policies = append(out.Policies, p)
	}
	return out
}

func behaviour(in rules) *autoscalingv2.HPAScalingRules {
	sel := autoscalingv2.ScalingPolicySelect(in.Select)
	window := in.Window
	out := &autoscalingv2.HPAScalingRules{SelectPolicy: &sel, StabilizationWindowSeconds: &window}
	for _, p := range in.Policies {
		out.Policies = append(out.Policies, autoscalingv2.HPAScalingPolicy{Type: autoscalingv2.HPAScalingPolicyType(p.Type), Value: p.Value, PeriodSeconds: p.PeriodSeconds})
	}
	return out
}

func TestDecisions(t *testing.T) {
	r := rand.New(rand.NewSource(36))
	var decisions []sequence
	for n := 0; n < 40; n++ {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			v := sequence{Min: int32(1 + r.Intn(5)), PerReplica: int64(1 + r.Intn(100))}
			v.Max = v.Min + int32(1+r.Intn(100))
			v.Start = v.Min + int32(r.Intn(int(v.Max-v.Min)+4)) - 2
			if v.Start < 1 {
				v.Start = 1
			}
			v.Up, v.Down = randomRules(r, []int32{0, 0, 30, 60}), randomRules(r, []int32{0, 60, 120, 300})
			if n < 8 { // the operator's own
				v.Up = rules{0, "Max", []policy{{"Pods", v.Max, 15}}}
				v.Down = rules{120, "Max", []policy{{"Percent", 50, 30}, {"Pods", 10, 30}}}
			}
			source := &total{}
			calculator := &ReplicaCalculator{metricsClient: source}
			a := &HorizontalController{
				recommendations: map[string][]timestampedRecommendation{},
				scaleUpEvents:   map[string][]timestampedScaleEvent{},
				scaleDownEvents: map[string][]timestampedScaleEvent{},
			}
			hpa := &autoscalingv2.HorizontalPodAutoscaler{Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
				MaxReplicas: v.Max, MinReplicas: &v.Min,
				Behavior: &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: behaviour(v.Up), ScaleDown: behaviour(v.Down)},
			}}
			tolerances := Tolerances{scaleDown: 0.1, scaleUp: 0.1}
			current := v.Start
			load := int64(0)
			for i := 0; i < 30; i++ {
				if r.Intn(4) == 0 {
					load = int64(r.Intn(int(v.PerReplica) * int(v.Max) * 5 / 4))
				} else {
					load += int64(r.Intn(int(v.PerReplica)*4)) - v.PerReplica*2
				}
				load = max(load, 0)
				source.value = load
				a.recordInitialRecommendation(current, "key")
				desired := int32(0)
				switch { // as reconcileAutoscaler does around them
				case current > v.Max:
					desired = v.Max
				case current < v.Min:
					desired = v.Min
				default:
					wanted, _, _, err := calculator.GetExternalPerPodMetricReplicas(current, v.PerReplica*1000, "lag", tolerances, "default", &metav1.LabelSelector{})
					if err != nil {
						t.Fatal(err)
					}
					desired = a.normalizeDesiredReplicasWithBehaviors(hpa, "key", current, wanted, v.Min)
				}
				if desired != current {
					a.storeScaleEvent(hpa.Spec.Behavior, "key", current, desired)
				}
				v.Looks = append(v.Looks, look{time.Since(began).Milliseconds(), load, int64(desired)})
				current = desired
				time.Sleep(time.Duration([]int{5, 15, 15, 17}[r.Intn(4)]) * time.Second)
			}
			decisions = append(decisions, v)
		})
	}
	text := []byte("[\n")
	for i, s := range decisions {
		line, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		text = append(append(append(text, "  "...), line...), []string{",\n", "\n]\n"}[i/(len(decisions)-1)]...)
	}
	if err := os.WriteFile(os.Getenv("DECISIONS"), text, 0o644); err != nil {
		t.Fatal(err)
	}
}
