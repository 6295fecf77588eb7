/** The database itself: float32 in, a line for each neighbour out. Arguments: HOST PORT. */
export const PROGRAM = [
  'const tables=new Map()',
  'const floats=async q=>{const c=[];for await(const x of q)c.push(x);return new Float32Array(Uint8Array.from(Buffer.concat(c)).buffer)}',
  'const far=(a,b)=>a.reduce((s,x,d)=>s+(x-b[d])**2,0)',
  'const near=(rows,b,k)=>rows.map((r,i)=>[i,far(r,b)]).sort((x,y)=>x[1]-y[1]).slice(0,k).map(([i])=>"row "+i).join("\\n")',
  'const answer=(m,p,b)=>{const[,n,v,k]=p.split("/");if(n==="limits")return[200,"rows=1000 bytes=1000000"];if(m==="PUT")return[tables.has(n)?409:200,(tables.set(n,[]),"made")];const r=tables.get(n);if(!r)return[404,"no table "+n];if(m==="DELETE")return[200,(tables.delete(n),"gone")];if(v==="size")return[200,String(r.length)];if(v==="add"){for(let i=0;i<b.length;i+=+k)r.push(b.slice(i,i+ +k));return[200,"added"]}return[200,near(r,b,+k)]}',
  'require("http").createServer(async(q,s)=>{const[c,t]=answer(q.method,q.url,await floats(q));s.writeHead(c).end(t)}).listen(+process.argv[2],process.argv[1],()=>console.log("the toy database listens"))',
].join(';')
