// What a reader of the API writes in TypeScript: it compiles only if the answers have types of their own.
import createClient from "openapi-fetch";
import type { paths } from "./node_modules/.generated/schema";

const client = createClient<paths, "application/json" | "application/problem+json">({ baseUrl: "http://localhost:7012" });

export async function names(): Promise<string[]> {
  const { data, error } = await client.GET("/api/v1/angels", { params: { query: { limit: 2 } } });
  if (error) throw new Error(error.detail);
  return data.data.map((angel) => angel.nome);
}

export async function businessDays(): Promise<number> {
  const { data, error } = await client.GET("/api/v1/indicators/productivity");
  if (error) throw new Error(error.detail);
  return data?.period.business_days ?? 0;
}
