// Radio buttons side by side.
interface Props<T> {
  name: string;
  options: (readonly [value: T, label: string])[];
  chosen: T;
  class?: string;
  label?: string; // needed unless a fieldset names the set
  onChoose(value: T): void;
}

export function Choices<T>({ name, options, chosen, class: look = '', label, onChoose }: Props<T>) {
  return (
    <div class={`choices ${look}`} role={label ? 'radiogroup' : undefined} aria-label={label}>
      {options.map(([value, text]) => (
        <label>
          <input type="radio" name={name} checked={value === chosen} onChange={() => onChoose(value)} />
          <span>{text}</span>
        </label>
      ))}
    </div>
  );
}
