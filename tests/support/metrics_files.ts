/** The files of `deploy/` that name metrics: their expressions. */

function read(name: string): string {
  return Deno.readTextFileSync(
    new URL(`../../deploy/${name}`, import.meta.url),
  );
}

/** Where the rules for alerts are. */
export const RULES_PATH = decodeURIComponent(
  new URL("../../deploy/prometheus-rules.yaml", import.meta.url).pathname,
);

/** A part of Grafana's dashboard, as far as it is looked at here. */
interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** The expressions of the dashboard, by the title of their panel. */
export function dashboardExpressions(): (readonly [string, string])[] {
  const { panels, annotations } = JSON.parse(read("grafana-dashboard.json"));
  return [
    ...(panels as Panel[]).flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => [title, expr] as const)
    ),
    ...(annotations.list as { name: string; expr: string }[])
      .map(({ name, expr }) => [name, expr] as const),
  ];
}

/** The expressions of the alerts, by their names. */
export function alertExpressions(): (readonly [string, string])[] {
  return read("prometheus-rules.yaml").split("- alert: ").slice(1).map(
    (text) => {
      const [, expression] = /^ +expr: *(?:\|\n)?([^]*?)^ +(?:for|labels):/m
        .exec(text)!;
      return [text.split("\n", 1)[0]!, expression!.trim()] as const;
    },
  );
}
