// What would Tilt be asked to do? Evaluates a Tiltfile with the interpreter that Tilt uses; its built-in functions record how they
// are called instead of doing anything, and take the parameters that Tilt's API reference lists and no others.
// Usage: tiltfile <file> <current Kubernetes context>. Prints a JSON array of { name, args }.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// The parameters of each function that records, in their order. https://docs.tilt.dev/api.html
var recorded = map[string]string{
	"allow_k8s_contexts": "contexts",
	"docker_build": "ref context build_args dockerfile dockerfile_contents live_update match_in_env_vars ignore only entrypoint " +
		"target ssh secret network extra_tag container_args cache_from pull platform extra_hosts",
	"helm":             "pathToChartDir name namespace values set kube_version skip_crds",
	"k8s_kind":         "kind api_version image_json_path image_object_json_path pod_readiness",
	"k8s_resource":     "workload new_name port_forwards extra_pod_selectors trigger_mode resource_deps objects auto_init pod_readiness links labels discovery_strategy",
	"k8s_yaml":         "yaml allow_duplicates",
	"link":             "url name",
	"local":            "command quiet command_bat echo_off env dir stdin",
	"local_resource":   "name cmd deps trigger_mode resource_deps ignore auto_init serve_cmd cmd_bat serve_cmd_bat allow_parallel links tags env serve_env readiness_probe dir serve_dir labels",
	"port_forward":     "local_port container_port name link_path host",
	"version_settings": "check_updates constraint",
	"watch_file":       "file_path",
}

type call struct {
	Name string         `json:"name"`
	Args map[string]any `json:"args"`
}

var calls = []call{}

func main() {
	if len(os.Args) != 3 {
		fail("usage: tiltfile <file> <context>")
	}
	file, context := os.Args[1], os.Args[2]
	names := starlark.StringDict{
		"TRIGGER_MODE_AUTO":   starlark.String("auto"),
		"TRIGGER_MODE_MANUAL": starlark.String("manual"),
		"k8s_context": builtin("k8s_context", "", func(map[string]any) starlark.Value {
			return starlark.String(context)
		}),
		"fail": starlark.NewBuiltin("fail", func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
			text, _ := starlark.AsString(args[0])
			return nil, fmt.Errorf("fail: %s", text)
		}),
	}
	for name, parameters := range recorded {
		names[name] = builtin(name, parameters, func(args map[string]any) starlark.Value {
			calls = append(calls, call{name, args})
			switch name {
			case "local":
				return starlark.String("output of a command")
			case "helm", "link", "port_forward":
				return starlark.String(name + " " + fmt.Sprint(args[strings.Fields(parameters)[0]]))
			}
			return starlark.None
		})
	}
	options := &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true, Recursion: true}
	if _, err := starlark.ExecFileOptions(options, &starlark.Thread{Name: file}, file, nil, names); err != nil {
		fail(err.Error())
	}
	if err := json.NewEncoder(os.Stdout).Encode(calls); err != nil {
		fail(err.Error())
	}
}

func builtin(name, parameters string, then func(map[string]any) starlark.Value) *starlark.Builtin {
	known := strings.Fields(parameters)
	return starlark.NewBuiltin(name, func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		given := map[string]any{}
		if len(args) > len(known) {
			return nil, fmt.Errorf("%s: got %d arguments, want at most %d", name, len(args), len(known))
		}
		for i, arg := range args {
			given[known[i]] = plain(arg)
		}
		for _, pair := range kwargs {
			key, _ := starlark.AsString(pair[0])
			if !slices.Contains(known, key) {
				return nil, fmt.Errorf("%s: unexpected keyword argument %q", name, key)
			}
			given[key] = plain(pair[1])
		}
		return then(given), nil
	})
}

// As JSON has it.
func plain(value starlark.Value) any {
	switch value := value.(type) {
	case starlark.String:
		return string(value)
	case starlark.Bool:
		return bool(value)
	case starlark.Int:
		number, _ := value.Int64()
		return number
	case *starlark.Dict:
		entries := map[string]any{}
		for _, item := range value.Items() {
			key, _ := starlark.AsString(item[0])
			entries[key] = plain(item[1])
		}
		return entries
	case starlark.Iterable:
		list := []any{}
		for element := range starlark.Elements(value) {
			list = append(list, plain(element))
		}
		return list
	}
	return nil
}

func fail(text string) {
	fmt.Fprintln(os.Stderr, text)
	os.Exit(1)
}
