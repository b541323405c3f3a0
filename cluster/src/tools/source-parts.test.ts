import { describe, expect, it } from 'vitest'
import { kedaParts, kedaScalers } from './keda-parts.ts'
import { stays, withoutOtherCases } from './source-parts.ts'

const builder = `package scaling

func buildScaler(triggerType string) (Scaler, error) {
	// TRIGGERS-START
	switch triggerType {
	case "aws-sqs-queue":
		return scalers.NewAwsSqsQueueScaler()
	case "cpu":
		return scalers.NewCPUMemoryScaler()
	case "cron", "crontab":
		return scalers.NewCronScaler()
	case "kafka":
		return scalers.NewKafkaScaler()
	case "memory":
		return scalers.NewCPUMemoryScaler()
	case "metrics-api":
		return scalers.NewMetricsAPIScaler()
	case "mongodb", "mongo":
		return scalers.NewMongoDBScaler()
	case "prometheus":
		return scalers.NewPrometheusScaler()
	default:
		return nil, fmt.Errorf("no scaler found for type: %s", triggerType)
	}
	// TRIGGERS-END
}
`

describe('the parts of KEDA that are built', () => {
  it('are the cases of its switch that are named, and the one for every other', () => {
    const text = withoutOtherCases(builder, kedaParts.onlyCases)
    for (const name of kedaScalers) expect(text).toContain(`"${name}"`)
    expect(text).not.toMatch(/Sqs|Mongo|"mongo"/)
    expect(text).toMatch(/default:\n\s+return nil, fmt\.Errorf/)
    expect(text.split('\n').slice(-4)).toEqual(['\t}', '\t// TRIGGERS-END', '}', ''])
  })

  it('are refused where the source has another form', () => {
    expect(() => withoutOtherCases(builder.replace('"kafka"', '"kafka2"'), kedaParts.onlyCases)).toThrow(
      'pkg/scaling/scalers_builder.go: found no case for kafka',
    )
    expect(() => withoutOtherCases('package scaling\n', kedaParts.onlyCases)).toThrow(/found no lines/)
  })

  it('are the files that are named in the folders of scalers, and all others without tests', () => {
    expect(stays(kedaParts, 'pkg/scalers/kafka_scaler.go')).toBe(true)
    expect(stays(kedaParts, 'pkg/scalers/mongo_scaler.go')).toBe(false)
    expect(stays(kedaParts, 'pkg/scalers/azure/azure_eventhub.go')).toBe(false)
    expect(stays(kedaParts, 'pkg/scalers/aws/aws_common.go')).toBe(true)
    expect(stays(kedaParts, 'pkg/scaling/scale_handler.go')).toBe(true)
    expect(stays(kedaParts, 'pkg/scaling/scale_handler_test.go')).toBe(false)
  })
})
