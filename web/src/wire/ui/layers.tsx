// A dissected frame: the OSI model's seven layers beside TCP/IP's four, the fields of one layer, and the bytes.
import { useEffect, useState } from 'preact/hooks';
import { getLayers, type Dissected, type Layer } from '../api';
import { rangeOf, rangeText, visible, whatIsAt } from '../bytes';
import { Hex } from './hex';
import { pick, t } from '../words';

interface Chosen {
  layer: number;
  field: number; // -1: the layer as a whole
}

export function Layers({ hex, link, lab }: { hex: string; link?: number; lab: boolean }) {
  const [found, setFound] = useState<Dissected | null>(null);
  const [trouble, setTrouble] = useState('');
  const [chosen, setChosen] = useState<Chosen>({ layer: -1, field: -1 });
  useEffect(() => {
    let current = true;
    setTrouble('');
    getLayers(hex, link, lab).then(
      (answer) => {
        if (!current) return;
        setFound(answer);
        const transport = answer.layers.findIndex((layer) => layer.osi === 4);
        setChosen({ layer: transport < 0 ? answer.layers.length - 1 : transport, field: -1 });
      },
      (error: Error) => current && setTrouble(t('loadFailed', error.message)),
    );
    return () => {
      current = false;
    };
  }, [hex, link]);
  if (trouble) return <p class="trouble" role="alert">{trouble}</p>;
  if (!found) return <p class="faint">…</p>;
  const { layers } = found;
  const layer = layers[chosen.layer];
  const field = layer?.fields[chosen.field];
  return (
    <div class="layers">
      <LayerTable found={found} chosen={chosen.layer} onChoose={(index) => setChosen({ layer: index, field: -1 })} />
      {layer && <Fields layer={layer} chosen={chosen.field} onChoose={(index) => setChosen({ ...chosen, field: index })} />}
      <Hex
        hex={found.bytes}
        soft={layer ? rangeOf(layer) : null}
        strong={field ? rangeOf(field) : null}
        levels={layers.map((one) => ({ osi: one.osi, ...rangeOf(one) }))}
        onByte={(byte) => setChosen(whatIsAt(layers, byte))}
      />
    </div>
  );
}

function LayerTable({ found, chosen, onChoose }: { found: Dissected; chosen: number; onChoose(index: number): void }) {
  return (
    <table class="levels" aria-label={t('layers')}>
      <thead>
        <tr>
          <th scope="col">{t('layer')}</th>
          <th scope="col">{t('content')}</th>
          <th scope="col">{t('bytes')}</th>
          <th scope="col">TCP/IP</th>
        </tr>
      </thead>
      <tbody>
        {found.osi.map((row) => {
          const here = found.layers.flatMap((layer, index) => (layer.osi === row.layer ? [{ layer, index }] : []));
          return (
            <tr class={`osi${row.layer}`}>
              <th scope="row">
                <b>{row.layer}</b> {pick(row.name, row.name_zh)}
              </th>
              <td>
                {here.map(({ layer, index }) => (
                  <button class="level" aria-pressed={index === chosen} onClick={() => onChoose(index)}>
                    <b>{layer.name}</b> {visible(layer.summary)}
                  </button>
                ))}
                {here.length === 0 && <span class="faint">{visible(pick(row.says, row.says_zh))}</span>}
              </td>
              <td class="range">
                {here.map(({ layer }) => (
                  <span>{rangeText(rangeOf(layer))}</span>
                ))}
              </td>
              <td class="four">{pick(row.tcpip, row.tcpip_zh) || '–'}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Fields({ layer, chosen, onChoose }: { layer: Layer; chosen: number; onChoose(index: number): void }) {
  return (
    <section aria-label={t('fields', layer.name)}>
      <h3>{t('fields', layer.name)}</h3>
      <ul class="fields">
        {layer.fields.map((field, index) => (
          <li class={depthOf(layer, index) ? 'within' : ''}>
            <button aria-pressed={index === chosen} title={field.name} onClick={() => onChoose(index === chosen ? -1 : index)}>
              <span>{pick(field.label, field.label_zh)}</span>
              <bdi>{visible(field.value)}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

// True if an earlier field contains this one.
function depthOf(layer: Layer, index: number): boolean {
  const field = layer.fields[index]!;
  const end = field.bit_offset + field.bit_length;
  return layer.fields
    .slice(0, index)
    .some((one) => one.bit_offset <= field.bit_offset && one.bit_offset + one.bit_length >= end && one.bit_length > field.bit_length);
}
