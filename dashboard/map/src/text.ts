/** Words and numbers of the hover card. */
import type {ValueFormat} from './props';

type Properties = Record<string, unknown>;

/** Write a number as the format asks: grouped, at most three significant decimals. */
export function formatNumber(value: number, format: ValueFormat | undefined): string {
    const locale = format?.locale ?? (document.documentElement.lang || undefined);
    const small = Math.abs(value) < 100;
    const options = format?.options ?? (small ? {maximumSignificantDigits: 3} : {maximumFractionDigits: 0});
    return new Intl.NumberFormat(locale, options).format(value);
}

/** Put properties into a template's braces; null where a property it needs is missing. */
export function fill(
    template: string,
    properties: Properties,
    format: ValueFormat | undefined,
): string | null {
    let complete = true;
    const text = template.replace(/\{([^{}]+)\}/g, (_, name: string) => {
        const value = properties[name];
        if (value === undefined || value === null || value === '') {
            complete = false;
            return '';
        }
        return typeof value === 'number' ? formatNumber(value, format) : String(value);
    });
    return complete ? text : null;
}
