/** `sluice completions`: what shells need to complete words and flags. Made from the same tables as `--help`. */

import { FLAG_NAMES, FLAGS, isSwitch } from "./flags.ts";
import { PAGE_NAMES } from "./pages.ts";
import { WORD_NAMES, WORDS } from "./words.ts";

/** The shells that there is a text for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** One of them. */
export type Shell = typeof SHELLS[number];

const TOPICS = [...PAGE_NAMES, ...WORD_NAMES].toSorted();
const TOP = FLAG_NAMES.map((name) => `--${name}`);

/** What follows a word, where that is not a file: topics of `help`, for one. */
const CHOICES:
  readonly (readonly [word: string, choices: readonly string[]])[] = [[
    "help",
    TOPICS,
  ], ["completions", SHELLS]];

/** What follows a word that takes flags. */
const FLAGS_OF: readonly (readonly [word: string, flags: readonly string[]])[] =
  WORD_NAMES.map((name) => [name, WORDS[name].flags] as const)
    .filter(([, flags]) => flags.length > 0);

/**
 * The text for a shell:
 * `source <(sluice completions bash)`,
 * `sluice completions zsh > "${fpath[1]}/_sluice"`,
 * `sluice completions fish > ~/.config/fish/completions/sluice.fish`.
 */
export function completionsText(shell: Shell): string {
  return { bash: bashText, zsh: zshText, fish: fishText }[shell]();
}

function bashText(): string {
  return [
    "# Completion of sluice: source <(sluice completions bash)",
    "_sluice() {",
    "  local current=${COMP_WORDS[COMP_CWORD]} words=",
    "  COMPREPLY=()",
    '  if [ "$COMP_CWORD" -eq 1 ] && [ "${current#-}" = "$current" ]; then',
    `    words="${WORD_NAMES.join(" ")}"`,
    "  else",
    "    case ${COMP_WORDS[1]} in",
    ...CHOICES.map(([word, choices]) =>
      `      ${word}) words="${choices.join(" ")}" ;;`
    ),
    ...FLAGS_OF.map(([word, flags]) =>
      `      ${word}) words="${flags.join(" ")}" ;;`
    ),
    `      *) words="${TOP.join(" ")}" ;;`,
    "    esac",
    "  fi",
    "  # What is no word of ours may be a file: complete -o default.",
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    "}",
    "complete -o default -F _sluice sluice",
  ].join("\n");
}

function zshText(): string {
  return [
    "#compdef sluice",
    "# Completion of sluice: a file _sluice in a folder of $fpath.",
    "_sluice() {",
    "  local current=${words[CURRENT]}",
    "  if (( CURRENT == 2 )) && [[ $current != -* ]]; then",
    `    compadd -- ${WORD_NAMES.join(" ")}`,
    "    return",
    "  fi",
    "  case ${words[2]} in",
    ...CHOICES.map(([word, choices]) =>
      `    ${word}) compadd -- ${choices.join(" ")}; return ;;`
    ),
    "  esac",
    "  if [[ $current != -* ]]; then",
    "    _files",
    "    return",
    "  fi",
    "  case ${words[2]} in",
    ...FLAGS_OF.map(([word, flags]) =>
      `    ${word}) compadd -- ${flags.join(" ")} ;;`
    ),
    `    *) compadd -- ${TOP.join(" ")} ;;`,
    "  esac",
    "}",
    'if [[ ${funcstack[1]} == _sluice ]]; then _sluice "$@"; else compdef _sluice sluice; fi',
  ].join("\n");
}

function fishText(): string {
  const lines = [
    "# Completion of sluice: ~/.config/fish/completions/sluice.fish",
    `set -l words ${WORD_NAMES.join(" ")}`,
  ];
  for (const name of WORD_NAMES) {
    lines.push(
      `complete -c sluice -n __fish_use_subcommand -f -a ${name} -d ${
        singleQuoted(WORDS[name].help)
      }`,
    );
  }
  for (const [word, choices] of CHOICES) {
    lines.push(
      `complete -c sluice -n '__fish_seen_subcommand_from ${word}' -f -a '${
        choices.join(" ")
      }'`,
    );
  }
  for (const [word, flags] of FLAGS_OF) {
    for (const flag of flags) {
      lines.push(
        `complete -c sluice -n '__fish_seen_subcommand_from ${word}' -l ${
          flag.slice(2)
        }`,
      );
    }
  }
  for (const name of FLAG_NAMES) {
    const value = isSwitch(name) ? "" : " -r";
    lines.push(
      `complete -c sluice -n "not __fish_seen_subcommand_from $words" -l ${name}${value} -d ${
        singleQuoted(FLAGS[name].help)
      }`,
    );
  }
  return lines.join("\n");
}

function singleQuoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
