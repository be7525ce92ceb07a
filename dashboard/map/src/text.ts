/** Words and numbers of the hover card. */
import type {ValueFormat} from './props';

type Properties = Record<string, unknown>;
type Words = {[property: string]: {[value: string]: string}};

/** Write a number as the format asks: grouped, at most three significant decimals. */
export function formatNumber(value: number, format: ValueFormat | undefined): string {
    const locale = format?.locale ?? (document.documentElement.lang || undefined);
    const small = Math.abs(value) < 100;
    const options = format?.options ?? (small ? {maximumSignificantDigits: 3} : {maximumFractionDigits: 0});
    return new Intl.NumberFormat(locale, options).format(value);
}

/**
 * Put properties into a template's braces; null where a property it needs is missing. Braces may
 * hold several joined by a slash, whose values together have a word.
 */
export function fill(
    template: string,
    properties: Properties,
    format: ValueFormat | undefined,
    words: Words = {},
): string | null {
    let complete = true;
    const text = template.replace(/\{([^{}]+)\}/g, (_, name: string) => {
        const values = name.split('/').map(each => properties[each]);
        if (values.some(value => value === undefined || value === null || value === '')) {
            complete = false;
            return '';
        }
        const last = values.at(-1);
        if (typeof last === 'number') {
            return formatNumber(last, format);
        }
        return words[name]?.[values.join('/')] ?? String(last);
    });
    return complete ? text : null;
}
