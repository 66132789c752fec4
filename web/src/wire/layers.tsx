// One frame taken apart: seven layers beside TCP/IP's four, the fields of one of them, and the bytes.
import { useEffect, useState } from 'preact/hooks';
import { getLayers, type Layer } from './api';
import { rangeOfField, rangeOfLayer, rangeText, whatIsAt } from './bytes';
import { Hex } from './hex';
import { t, type Word } from './words';

const LEVELS = [7, 6, 5, 4, 3, 2, 1] as const;
const TCPIP: Record<number, Word> = {
  7: 'ipApplication', 6: 'ipApplication', 5: 'ipApplication', 4: 'ipTransport', 3: 'ipInternet', 2: 'ipLink', 1: 'ipLink',
};
const ABSENT: Record<number, Word> = { 7: 'no7', 6: 'no6', 5: 'no5', 1: 'no1' };

interface Chosen {
  layer: number;
  field: number; // -1: the layer as a whole
}

export function Layers({ hex, link }: { hex: string; link?: number }) {
  const [layers, setLayers] = useState<Layer[] | null>(null);
  const [trouble, setTrouble] = useState('');
  const [chosen, setChosen] = useState<Chosen>({ layer: -1, field: -1 });
  useEffect(() => {
    let current = true;
    setTrouble('');
    getLayers(hex, link).then(
      (found) => {
        if (!current) return;
        setLayers(found);
        const transport = found.findIndex((layer) => layer.osi === 4 && !layer.quoted);
        setChosen({ layer: transport < 0 ? found.length - 1 : transport, field: -1 });
      },
      (error: Error) => current && setTrouble(t('loadFailed', error.message)),
    );
    return () => {
      current = false;
    };
  }, [hex, link]);
  if (trouble) return <p class="trouble" role="alert">{trouble}</p>;
  if (!layers) return <p class="faint">…</p>;
  const layer = layers[chosen.layer];
  const field = layer?.fields[chosen.field];
  return (
    <div class="layers">
      <LayerTable layers={layers} chosen={chosen.layer} onChoose={(index) => setChosen({ layer: index, field: -1 })} />
      {layer && <Fields layer={layer} chosen={chosen.field} onChoose={(index) => setChosen({ ...chosen, field: index })} />}
      <Hex
        hex={hex}
        soft={layer ? rangeOfLayer(layer) : null}
        strong={field ? rangeOfField(field) : null}
        levels={layers.map((one) => ({ osi: one.osi, ...rangeOfLayer(one) }))}
        onByte={(byte) => setChosen(whatIsAt(layers, byte))}
      />
    </div>
  );
}

function LayerTable({ layers, chosen, onChoose }: { layers: Layer[]; chosen: number; onChoose(index: number): void }) {
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
        {LEVELS.map((level) => {
          const here = layers.flatMap((layer, index) => (layer.osi === level ? [{ layer, index }] : []));
          return (
            <tr class={`osi${level} ${here.length ? '' : 'absent'}`}>
              <th scope="row">
                <b>{level}</b> {t(`osi${level}`)}
              </th>
              <td>
                {here.map(({ layer, index }) => (
                  <button class="level" aria-pressed={index === chosen} onClick={() => onChoose(index)}>
                    <b>{layer.name}</b> {layer.summary}
                  </button>
                ))}
                {here.length === 0 && <span class="faint">{t(ABSENT[level] ?? 'noLayer')}</span>}
              </td>
              <td class="range">{here.map(({ layer }) => <span>{layer.length > 0 ? rangeText(rangeOfLayer(layer)) : ''}</span>)}</td>
              <td>{t(TCPIP[level]!)}</td>
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
      <h4>{t('fields', layer.name)}</h4>
      <ul class="fields">
        {layer.fields.map((field, index) => (
          <li class={depthOf(layer, index) ? 'within' : ''}>
            <button aria-pressed={index === chosen} title={field.name} onClick={() => onChoose(index === chosen ? -1 : index)}>
              <span>{field.label}</span>
              <bdi>{field.value}</bdi>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

// Whether a field lies inside of one before it.
function depthOf(layer: Layer, index: number): boolean {
  const field = layer.fields[index]!;
  const end = field.bit_offset + field.bit_length;
  return layer.fields
    .slice(0, index)
    .some((one) => one.bit_offset <= field.bit_offset && one.bit_offset + one.bit_length >= end && one.bit_length > field.bit_length);
}
