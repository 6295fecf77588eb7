/**
 * How what a server tells by OTLP finds its way: the server speaks to a port of the loopback that it has, the exporter of its node listens
 * there and hands on what it hears to where the second file says. Without that file nobody listens: what is told is dropped.
 */

/** Written by the job's script, in the run directory of the service. */
export const RELAY_INLET = 'otlp-in.json'

export interface RelayInlet {
  /** Only the exporter of this node listens. */
  node: string
  /** On the loopback: of the node, or of the network that process `inside` has of its own. */
  port: number
  inside: number | null
}

/** Written by the monitors that the service is attached to, 0600, in the same place; gone when they are. */
export const RELAY_OUTLET = 'otlp-to.json'

export interface RelayOutlet {
  /** `http://10.0.0.7:21000/v1/metrics`. */
  metrics: string
  /** Null where nobody takes spans. */
  traces: string | null
  /** The value of the header; a secret. */
  authorization: string
  /** What everything from there is marked with, besides what the server says of itself. */
  attributes: Record<string, string>
}
