import type { ComponentChildren, JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { visible } from "../../shared/text";
import { t } from "../texts";

interface Common {
  label: string;
  /** A line under the field. */
  hint?: ComponentChildren;
  /** What is wrong with what was entered. */
  error?: string | null | undefined;
  required?: boolean;
  disabled?: boolean;
  /** Hides the label from sight, not from screen readers. */
  bare?: boolean;
}

export interface TextFieldProps extends Common {
  value: string;
  onInput: (value: string) => void;
  type?: "text" | "search" | "number" | "date" | "datetime-local" | "password";
  placeholder?: string;
  rows?: number;
  /** Hashes and addresses: not spell-checked, in fixed width. */
  code?: boolean;
  min?: number | string;
  max?: number | string;
  step?: number | string;
  list?: readonly string[];
  maxLength?: number;
  autoFocus?: boolean;
}

/** A labelled line, or a box of several `rows`. */
export function TextField(props: TextFieldProps): JSX.Element {
  const id = useId();
  const list = useId();
  const shared = {
    id,
    value: props.value,
    placeholder: props.placeholder,
    required: props.required,
    disabled: props.disabled,
    maxLength: props.maxLength,
    autoFocus: props.autoFocus,
    class: props.code ? "input code" : "input",
    spellcheck: !props.code,
    autocomplete: "off" as const,
    "aria-invalid": props.error ? true : undefined,
    "aria-describedby": described(id, props),
  };
  return (
    <Around id={id} {...props}>
      {props.rows !== undefined ? (
        <textarea {...shared} rows={props.rows} onInput={(e) => props.onInput(e.currentTarget.value)} />
      ) : (
        <input
          {...shared}
          {...({
            type: props.type ?? "text",
            min: props.min,
            max: props.max,
            step: props.step,
            list: props.list ? list : undefined,
          } as object)}
          onInput={(e) => props.onInput(e.currentTarget.value)}
        />
      )}
      {props.list && (
        <datalist id={list}>
          {props.list.map((choice) => (
            <option key={choice} value={choice} />
          ))}
        </datalist>
      )}
    </Around>
  );
}

export interface SelectFieldProps extends Common {
  value: string;
  onChange: (value: string) => void;
  choices: readonly { value: string; label: string }[];
}

/** A labelled choice of one. */
export function SelectField(props: SelectFieldProps): JSX.Element {
  const id = useId();
  return (
    <Around id={id} {...props}>
      <select
        id={id}
        class="input"
        value={props.value}
        disabled={props.disabled}
        required={props.required}
        aria-invalid={props.error ? true : undefined}
        aria-describedby={described(id, props)}
        onChange={(e) => props.onChange(e.currentTarget.value)}
      >
        {props.choices.map(({ value, label }) => (
          <option key={value} value={value} selected={value === props.value}>
            {label}
          </option>
        ))}
      </select>
    </Around>
  );
}

export interface CheckFieldProps extends Common {
  checked: boolean;
  onChange: (checked: boolean) => void;
}

/** A labelled box to tick. */
export function CheckField(props: CheckFieldProps): JSX.Element {
  const id = useId();
  return (
    <div class="field field-check">
      <label for={id}>
        <input
          id={id}
          type="checkbox"
          checked={props.checked}
          disabled={props.disabled}
          aria-describedby={described(id, props)}
          onChange={(e) => props.onChange(e.currentTarget.checked)}
        />
        <span>{props.label}</span>
      </label>
      <Below id={id} {...props} />
    </div>
  );
}

export interface FileFieldProps extends Common {
  onFile: (file: File | null) => void;
  /** Such as ".csv,.xlsx". */
  accept?: string;
}

/** A labelled choice of a file, by a button of the page's own: the browser's speaks its language. */
export function FileField(props: FileFieldProps): JSX.Element {
  const id = useId();
  const [name, setName] = useState<string | null>(null);
  return (
    <Around id={id} {...props}>
      <div class="file-field">
        <input
          id={id}
          type="file"
          accept={props.accept}
          disabled={props.disabled}
          required={props.required}
          aria-invalid={props.error ? true : undefined}
          aria-describedby={described(id, props)}
          onChange={(e) => {
            const file = e.currentTarget.files?.[0] ?? null;
            setName(file?.name ?? null);
            props.onFile(file);
          }}
        />
        <span class="button" aria-hidden="true">{t("shell.file.choose")}</span>
        <span class="file-name">{name === null ? t("shell.file.none") : <bdi>{visible(name)}</bdi>}</span>
      </div>
    </Around>
  );
}

/** A group of fields under one name. */
export function FieldGroup(props: { legend: string; children?: ComponentChildren }): JSX.Element {
  return (
    <fieldset class="field-group">
      <legend>{props.legend}</legend>
      {props.children}
    </fieldset>
  );
}

function Around(props: Common & { id: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="field">
      <label for={props.id} class={props.bare ? "unseen" : undefined}>
        {props.label}
        {props.required && <span aria-hidden="true"> *</span>}
      </label>
      {props.children}
      <Below {...props} />
    </div>
  );
}

function Below({ id, hint, error }: Common & { id: string }): JSX.Element {
  return (
    <>
      {hint !== undefined && <p id={`${id}-hint`} class="field-hint">{hint}</p>}
      {error && <p id={`${id}-error`} class="field-error" role="alert">{error}</p>}
    </>
  );
}

function described(id: string, { hint, error }: Common): string | undefined {
  const ids = [hint !== undefined && `${id}-hint`, error && `${id}-error`].filter(Boolean);
  return ids.length === 0 ? undefined : ids.join(" ");
}
